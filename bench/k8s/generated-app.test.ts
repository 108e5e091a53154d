import { expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { generatedApp } from './generated-app.ts'

interface Named {
  kind: string
  metadata: { name: string }
}

function parsed(objects: number, version: number): Named[] {
  return parseAllDocuments(generatedApp(objects, version)).map((document) => document.toJS())
}

test('it has as many objects as are asked for, 10 of them Deployments at the end', () => {
  const objects = parsed(200, 1)
  expect(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(200)
  const kinds = objects.map(({ kind }) => kind)
  expect(kinds.indexOf('Deployment')).toBe(190)
  expect(kinds.filter((kind) => kind === 'Deployment')).toHaveLength(10)
  expect(kinds.filter((kind) => kind === 'Service')).toHaveLength(38)
  expect(kinds.filter((kind) => kind === 'ConfigMap')).toHaveLength(152)
})

test('another version changes every object, and the same none', () => {
  expect(generatedApp(50, 1)).toBe(generatedApp(50, 1))
  const [one, other] = [parsed(50, 1), parsed(50, 2)]
  expect(one.map(({ metadata }) => metadata.name)).toEqual(other.map(({ metadata }) => metadata.name))
  for (const [index, object] of one.entries()) expect(object).not.toEqual(other[index])
})
