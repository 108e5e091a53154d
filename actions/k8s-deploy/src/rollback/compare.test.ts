import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { KubeObject } from '../kube/objects.ts'
import { differences } from './compare.ts'

const service = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', ...metadata },
  spec,
})

describe('differences', () => {
  test('names each field, as deep as both have it', () => {
    const before = service({
      ports: [{ port: 80 }, { port: 443 }],
      selector: { 'app.kubernetes.io/name': 'a' },
      type: 'X',
    })
    const live = service({
      ports: [{ port: 80 }, { port: 444 }],
      selector: { 'app.kubernetes.io/name': 'b' },
      more: [1],
    })
    expect(differences(before, live)).toEqual([
      'spec.ports[1].port',
      'spec.selector["app.kubernetes.io/name"]',
      'spec.type',
      'spec.more',
    ])
  })

  test('what the server counts or assigns is none', () => {
    const before = service({ clusterIP: '10.0.0.1' }, { uid: 'a', resourceVersion: '1', managedFields: [] })
    const live = { ...service({ clusterIP: '10.0.0.2' }, { uid: 'b', generation: 4 }), status: { x: 1 } }
    expect(differences(before, live)).toEqual([])
    expect(differences(before, live, [])).toHaveLength(6)
  })

  test('there are none exactly when all is equal', () => {
    const spec = fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(spec, spec, (one, other) => {
        const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
        expect(differences(service(one), service(other)).length === 0).toBe(isEqual)
      }),
    )
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)])
    .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
}
