import { expect, test } from '@jest/globals'
import { full } from './fixtures/manifests.ts'
import { startAfter } from './start.ts'

const now = new Date('2026-11-25T12:00:00.500Z')
const after = (...starts: string[]) =>
  startAfter(
    starts.map((startedAt, index) => full(`b${index}`, 1, { startedAt })),
    now,
  ).toISOString()

test.each([
  ['no backup', [], '2026-11-25T12:00:00.500Z'],
  ['older ones', ['2026-11-24T00:00:00Z', '2026-11-25T11:59:59.500Z'], '2026-11-25T12:00:00.500Z'],
  ['one of this second', ['2026-11-25T12:00:00Z'], '2026-11-25T12:00:01.000Z'],
  ['one a little ahead', ['2026-11-25T12:30:00Z', '2026-11-20T00:00:00Z'], '2026-11-25T12:30:01.000Z'],
  ['one an hour ahead, less the second', ['2026-11-25T12:59:59.500Z'], '2026-11-25T13:00:00.500Z'],
  ['one far ahead', ['2026-11-25T12:59:59.501Z'], '2026-11-25T12:00:00.500Z'],
])('after %s', (_, starts, expected) => {
  expect(after(...starts)).toBe(expected)
})
