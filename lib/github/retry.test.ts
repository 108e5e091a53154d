import { describe, expect, test } from '@jest/globals'
import { type Attempt, isRateLimit, nextDelay } from './retry.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const failed = (more: Partial<Attempt>): Attempt => ({
  method: 'GET',
  attempt: 1,
  status: 500,
  headers: {},
  message: 'Server Error',
  ...more,
})
const resetIn = (seconds: number) => ({
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(NOW / 1000 + seconds),
})

describe('how long to wait before the next try', () => {
  test.each<{ what: string; attempt: Partial<Attempt>; delay: number | undefined }>([
    { what: 'a 500 on a GET', attempt: {}, delay: 500 },
    { what: 'the second 500', attempt: { attempt: 2 }, delay: 1000 },
    { what: 'the fourth 500', attempt: { attempt: 4 }, delay: 4000 },
    { what: 'the fifth 500 is the last', attempt: { attempt: 5 }, delay: undefined },
    { what: 'no reply to a GET', attempt: { status: undefined }, delay: 500 },
    { what: 'no reply to a PATCH', attempt: { status: undefined, method: 'patch' }, delay: 500 },
    { what: 'no reply to a DELETE', attempt: { status: undefined, method: 'DELETE' }, delay: 500 },
    {
      what: 'a 502 on a POST, which may have been executed',
      attempt: { status: 502, method: 'POST' },
      delay: undefined,
    },
    { what: 'no reply to a POST', attempt: { status: undefined, method: 'post' }, delay: undefined },
    { what: 'a 404', attempt: { status: 404 }, delay: undefined },
    { what: 'a 422', attempt: { status: 422 }, delay: undefined },
    {
      what: 'a 403 for want of a permission',
      attempt: { status: 403, message: 'Resource not accessible' },
      delay: undefined,
    },
    { what: 'a 429 that says when', attempt: { status: 429, headers: { 'retry-after': '7' } }, delay: 7000 },
    { what: 'a 429 on a POST', attempt: { status: 429, method: 'POST', headers: { 'retry-after': '0' } }, delay: 0 },
    { what: 'a secondary limit', attempt: { status: 403, headers: { 'retry-after': '60' } }, delay: 60_000 },
    {
      what: 'a secondary limit by its words',
      attempt: { status: 403, message: 'secondary rate limit' },
      delay: 60_000,
    },
    {
      what: 'the second one',
      attempt: { status: 403, message: 'secondary rate limit', attempt: 2 },
      delay: 120_000,
    },
    {
      what: 'the third one takes too long',
      attempt: { status: 403, message: 'secondary rate limit', attempt: 3 },
      delay: undefined,
    },
    { what: 'a limit that resets in a while', attempt: { status: 403, headers: resetIn(90) }, delay: 90_000 },
    { what: 'a limit that resets in an hour', attempt: { status: 403, headers: resetIn(3600) }, delay: undefined },
    { what: 'a limit that has been reset', attempt: { status: 429, headers: resetIn(-5) }, delay: 1000 },
    {
      what: 'a date for retry-after is not understood: a minute',
      attempt: { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' } },
      delay: 60_000,
    },
    {
      what: 'a retry-after of ten minutes',
      attempt: { status: 429, headers: { 'retry-after': '600' } },
      delay: undefined,
    },
    { what: 'the fifth 429', attempt: { status: 429, attempt: 5, headers: { 'retry-after': '1' } }, delay: undefined },
  ])('$what', ({ attempt, delay }) => {
    expect(nextDelay(failed(attempt), NOW)).toBe(delay)
  })
})

test.each<[Partial<Attempt>, boolean]>([
  [{ status: 429 }, true],
  [{ status: 403, headers: { 'retry-after': '1' } }, true],
  [{ status: 403, headers: { 'x-ratelimit-remaining': '0' } }, true],
  [{ status: 403, headers: { 'x-ratelimit-remaining': '1' } }, false],
  [{ status: 403, message: 'API rate limit exceeded for installation.' }, true],
  [{ status: 500, headers: { 'retry-after': '1' } }, false],
  [{ status: undefined }, false],
])('%j is a limit: %p', (attempt, limited) => {
  expect(isRateLimit(failed(attempt))).toBe(limited)
})
