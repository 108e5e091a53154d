import { expect, test } from '@jest/globals'
import type { Outcome } from '../rollout/observe.ts'
import { failureOf } from './prove.ts'

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const late = (reason: string): Exclude<Outcome, { kind: 'ready' }> => ({
  kind: 'timeout',
  object,
  verdict: { state: 'failed', reason, message: 'Deployment `web`: image `a` does not exist in the registry.' },
})

test('what is late has the reason that its sentence tells, and `timeout` where that is none', () => {
  expect(failureOf(late('image-not-found'), [])).toMatchObject({ reason: 'image-not-found', object })
  expect(failureOf(late('waiting-for-pods'), [])).toMatchObject({ reason: 'timeout' })
})
