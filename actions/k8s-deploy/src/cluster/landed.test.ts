import { expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { ApiError } from './api-error.ts'
import { landed } from './landed.ts'

const collision = new ApiError({ status: 409, reason: 'AlreadyExists', message: 'exists' })
const lease = (holder: string, more: object = {}): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'lock', namespace: 'shop' },
  spec: { holderIdentity: holder, list: [{ a: 1 }], ...more },
})
const live = (holder: string, more: object = {}): KubeObject => {
  const object = lease(holder, { leaseTransitions: 0, ...more })
  return { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '7' } }
}

test('what has all that was to be written is ours, whatever the server added', async () => {
  const found = live('us')
  expect(await landed(collision, lease('us'), async () => found)).toBe(found)
  const written = { ...lease('us'), status: { phase: 'old' } }
  written.metadata = { ...written.metadata, resourceVersion: '6' }
  expect(await landed(collision, written, async () => found)).toBe(found)
})

test.each([
  ['another value', live('them')],
  ['a field that is missing', live('us', { list: undefined })],
  ['a longer list', live('us', { list: [{ a: 1 }, { b: 2 }] })],
  ['a list for a value', live('us', { holderIdentity: ['us'] })],
  ['nothing', undefined],
])('%s is not ours', async (_what, found) => {
  expect(await landed(collision, lease('us'), async () => found)).toBeUndefined()
})

test('after another failure nothing is asked', async () => {
  const asked = async (): Promise<never> => {
    throw new Error('asked')
  }
  expect(await landed(new Error('x'), lease('us'), asked)).toBeUndefined()
  expect(await landed(new ApiError({ status: 503, reason: '', message: '' }), lease('us'), asked)).toBeUndefined()
})
