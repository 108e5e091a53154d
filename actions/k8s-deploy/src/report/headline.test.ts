import { describe, expect, test } from '@jest/globals'
import { configMap, deployed, rolledBack } from './fixtures/bookings.ts'
import { description, headline, isGood } from './headline.ts'
import type { Report } from './model.ts'

const WHO = 'bookings in namespace `bookings`'
const CRASH = 'Deployment `bookings`: container `bookings` crashes at its start, with exit code 1.'

const sentences: readonly (readonly [Partial<Report>, string])[] = [
  [{}, 'Deployed bookings to namespace `bookings` as revision 12: 1 created, 2 changed, 1 unchanged, in 24 s.'],
  [{ result: 'unchanged' }, 'Nothing to deploy: bookings in namespace `bookings` already is as it should be.'],
  [{ mode: 'status' }, 'bookings in namespace `bookings` is ready: 4 objects.'],
  [
    { mode: 'rollback', result: 'deployed', previousRevision: 12, targetRevision: 11 },
    'bookings is back as it was in revision 11: 1 created, 2 changed, 1 unchanged, in 24 s.',
  ],
]

test.each(sentences)('what went well: %j', (changes, sentence) => {
  const report = { ...deployed(), ...changes }
  expect(headline(report)).toBe(sentence)
  expect(isGood(report)).toBe(true)
})

const troubles: readonly (readonly [Partial<Report>, string])[] = [
  [{}, `${WHO} was rolled back: ${CRASH}`],
  [{ result: 'failed', objects: [{ object: configMap, fate: 'not-reached' }] }, `${WHO} was not deployed: ${CRASH}`],
  [
    { result: 'failed', objects: [{ object: configMap, fate: 'changed' }] },
    `${WHO} failed, and is left as it is: ${CRASH}`,
  ],
  [{ result: 'rollback-failed' }, `${WHO} failed and could not be rolled back: ${CRASH}`],
  [{ result: 'interrupted' }, `${WHO} was interrupted: ${CRASH}`],
  [{ mode: 'rollback', result: 'failed' }, `The rollback of ${WHO} failed: ${CRASH}`],
  [{ mode: 'status', result: 'failed' }, `${WHO} is not well: ${CRASH}`],
]

test.each(troubles)('what went wrong: %j', (changes, sentence) => {
  const report = { ...rolledBack(), ...changes }
  expect(headline(report)).toBe(sentence)
  expect(isGood(report)).toBe(false)
})

describe('the description of a deployment status', () => {
  test('is the sentence without backticks', () => {
    expect(description(rolledBack())).toBe(
      'bookings was rolled back: Deployment bookings: container bookings crashes at its start, with exit code 1.',
    )
  })

  test('fits, on one line, whatever the message', () => {
    const report = rolledBack()
    const failure = { reason: 'timeout' as const, message: `a\n\u001b[31m${'long 🙂'.repeat(100)}` }
    const text = description({ ...report, failure })
    expect(text.length).toBeLessThanOrEqual(140)
    expect(text).toMatch(/^[^\p{Cc}]*…$/u)
    expect(text.isWellFormed()).toBe(true)
  })
})
