import { describe, expect, test } from '@jest/globals'
import { formatCalendarDuration, isZero, momentBefore, parseCalendarDuration } from './duration.ts'

describe('the grammar', () => {
  test.each([
    ['1y5m7d2h', { years: 1, months: 5, days: 7, hours: 2 }],
    ['2h7d5m1y', { years: 1, months: 5, days: 7, hours: 2 }],
    [' 30d ', { years: 0, months: 0, days: 30, hours: 0 }],
    ['36h', { years: 0, months: 0, days: 0, hours: 36 }],
    ['1d2d', { years: 0, months: 0, days: 2, hours: 0 }],
    ['0y', { years: 0, months: 0, days: 0, hours: 0 }],
  ])('%j', (text, expected) => {
    expect(parseCalendarDuration(text)).toEqual(expected)
  })

  test.each(['', ' ', 'd', '7', '7w', '-7d', '7d-1h', '1.5d', '7 d', '7D', 'x7d', '7dx', '1234567d', '90s'])(
    'not %j',
    (text) => {
      expect(parseCalendarDuration(text)).toBeUndefined()
    },
  )
})

test.each([
  ['1y5m7d2h', '1y5m7d2h'],
  ['2h1y', '1y2h'],
  ['10d', '10d'],
  ['0y5m', '5m'],
  ['0h', ''],
])('%s is printed as %j', (text, printed) => {
  const duration = parseCalendarDuration(text)
  expect(duration && formatCalendarDuration(duration)).toBe(printed)
  expect(duration && isZero(duration)).toBe(printed === '')
})

describe('a moment before', () => {
  const back = (moment: string, text: string) => {
    const duration = parseCalendarDuration(text)
    return new Date(duration === undefined ? Number.NaN : momentBefore(Date.parse(moment), duration)).toISOString()
  }

  test.each([
    ['2026-03-31T10:20:30.400Z', '1m', '2026-03-03T10:20:30.400Z'],
    ['2024-02-29T00:00:00.000Z', '1y', '2023-03-01T00:00:00.000Z'],
    ['2026-01-15T00:00:00.000Z', '13m', '2024-12-15T00:00:00.000Z'],
    ['2026-01-01T01:00:00.000Z', '2h', '2025-12-31T23:00:00.000Z'],
    ['2026-03-10T00:00:00.000Z', '40d', '2026-01-29T00:00:00.000Z'],
    ['2026-07-20T12:00:00.000Z', '1y5m7d2h', '2025-02-13T10:00:00.000Z'],
  ])('%s − %s', (moment, text, expected) => {
    expect(back(moment, text)).toBe(expected)
  })

  test('all dates', () => {
    expect(momentBefore(0, { years: 999_999, months: 0, days: 0, hours: 0 })).toBe(Number.NEGATIVE_INFINITY)
  })
})
