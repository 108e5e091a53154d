import { expect, test } from '@jest/globals'
import { deployed, rolledBack } from './fixtures/bookings.ts'
import { objectsOutput } from './json.ts'
import type { ObjectReport } from './model.ts'

test('tells of each object what became of it', () => {
  expect(JSON.parse(objectsOutput(rolledBack()))).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'bookings', name: 'bookings', fate: 'restored' },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'bookings',
      name: 'bookings',
      fate: 'restored',
      state: 'failed',
      message: 'Deployment `bookings`: container `bookings` crashes at its start, with exit code 1',
    },
    { apiVersion: 'v1', kind: 'Service', namespace: 'bookings', name: 'bookings', fate: 'deleted' },
  ])
})

function many(count: number, message: string): ObjectReport[] {
  const [first] = deployed().objects
  return first === undefined ? [] : Array.from({ length: count }, () => ({ ...first, message }))
}

test.each([
  [1_000, 'm'.repeat(10_000), 1_000],
  [3_000, '界'.repeat(2_000), 3_000],
])('%d objects with long messages fit, and none is left out', (count, message, kept) => {
  const output = objectsOutput({ ...deployed(), objects: many(count, message) })
  expect(2 * output.length).toBeLessThanOrEqual(900_000)
  expect(JSON.parse(output)).toHaveLength(kept)
})

test('of more objects than fit, the first ones are told', () => {
  const output = objectsOutput({ ...deployed(), objects: many(20_000, '') })
  expect(2 * output.length).toBeLessThanOrEqual(900_000)
  expect(2 * output.length).toBeGreaterThan(890_000)
  expect((JSON.parse(output) as unknown[]).length).toBeGreaterThan(3_000)
})
