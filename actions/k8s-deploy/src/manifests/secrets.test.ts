import { describe, expect, test } from '@jest/globals'
import { parseSecretSpec, secretManifests } from './secrets.ts'

test('a line is a Secret with its keys', () => {
  expect(parseSecretSpec('db.main: PASSWORD=env:DB_PASSWORD, tls.key = env:KEY')).toEqual({
    name: 'db.main',
    keys: [
      { key: 'PASSWORD', variable: 'DB_PASSWORD' },
      { key: 'tls.key', variable: 'KEY' },
    ],
  })
})

test('values come from the environment, whatever characters they have', () => {
  const { manifests, values } = secretManifests([parseSecretSpec('db: A=env:A, B=env:B')], {
    A: 'pässword\n',
    B: ' x ',
  })

  expect(manifests.map(({ object }) => object)).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db' },
      type: 'Opaque',
      data: { A: Buffer.from('pässword\n').toString('base64'), B: 'IHgg' },
    },
  ])
  expect(values).toEqual(['pässword\n', ' x '])
})

describe('refused', () => {
  test.each([
    ['db: PASSWORD=hunter2', 'gives PASSWORD of db no variable'],
    ['db: PASSWORD=env:hunter2-x', 'gives PASSWORD of db no variable'],
    ['db: PASSWORD', 'no KEY=env:VARIABLE at one place of db'],
    ['db: hunter2 x=env:A', 'no KEY=env:VARIABLE at one place of db'],
    ['db: ..data=env:A', 'no KEY=env:VARIABLE at one place of db'],
    ['db:', 'no KEY=env:VARIABLE at one place of db'],
    ['db: A=env:A,', 'no KEY=env:VARIABLE at one place of db'],
    ['db: A=env:A, A=env:B', 'has the key A twice for db'],
    ['PASSWORD=hunter2', "doesn't begin with the name of a Secret"],
    ['hunter2', "doesn't begin with the name of a Secret"],
    ['Db: A=env:A', "doesn't begin with the name of a Secret"],
  ])('%s', (entry, words) => {
    expect(() => parseSecretSpec(entry)).toThrow(words)
    expect(() => parseSecretSpec(entry)).not.toThrow('hunter2')
  })

  test.each([[{}], [{ DB: '' }]])('a variable that has no value: %j', (env) => {
    expect(() => secretManifests([parseSecretSpec('db: A=env:DB')], env)).toThrow(
      "takes A of db from the variable DB, which is empty or not set in this step's env",
    )
  })
})
