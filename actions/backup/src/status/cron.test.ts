import { describe, expect, test } from '@jest/globals'
import { Cron } from 'croner'
import fc from 'fast-check'
import { maxAgeFromCron } from './cron.ts'

const HOUR = 1
const DAY = 24
const hours = (expressions: string | string[]) => maxAgeFromCron(expressions) / 3_600_000

describe('twice the longest gap and one hour', () => {
  test.each<[string | string[], number]>([
    ['17 2 * * *', DAY],
    ['0 * * * *', HOUR],
    ['*/15 * * * *', HOUR / 4],
    ['* * * * *', HOUR / 60],
    ['0 2,14 * * *', 12],
    ['0 2,4 * * *', 22],
    ['30 8-18 * * 1-5', 14 + 2 * DAY],
    ['0 2 * * 0', 7 * DAY],
    ['0 2 * * SUN', 7 * DAY],
    ['0 2 * * 7', 7 * DAY],
    ['* * * * MON', 6 * DAY + 1 / 60],
    ['0 0 1 * *', 31 * DAY],
    ['0 0 1 JAN *', 366 * DAY],
    ['0 0 29 2 *', 1461 * DAY],
    ['  0   2 * * * ', DAY],
    // Either the day of the month or that of the week, as in every cron
    ['0 0 1 * 1', 7 * DAY],
    [['0 2 * * 1-5', '0 2 * * 0,6'], DAY],
    [['0 2 * * *', '0 14 * * 1'], DAY],
    [['0 2 * * 1', '0 2 * * 4'], 4 * DAY],
    [['0 2 * * *', '0 2 * * *'], DAY],
  ])('%j', (expressions, gap) => {
    expect(hours(expressions)).toBeCloseTo(2 * gap + 1, 9)
  })

  // Up to the 28th, five months show the longest gap.
  test('as found by walking from run to run', () => {
    const list = (max: number, min = 0) =>
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((numbers) => numbers.join(','))
    const expression = fc
      .tuple(
        list(59),
        list(23),
        fc.oneof(fc.constant('*'), list(28, 1)),
        fc.constant('*'),
        fc.oneof(fc.constant('*'), list(6)),
      )
      .map((fields) => fields.join(' '))
    fc.assert(
      fc.property(expression, (text) => {
        const cron = new Cron(text, { utcOffset: 0 })
        const end = Date.UTC(2024, 5, 1)
        let longest = 0
        let last = cron.nextRun(new Date(Date.UTC(2024, 0, 1)))
        for (let next = last && cron.nextRun(last); last && next && next.getTime() < end; next = cron.nextRun(last)) {
          longest = Math.max(longest, next.getTime() - last.getTime())
          last = next
        }
        expect(maxAgeFromCron(text)).toBe(2 * longest + 3_600_000)
      }),
      { numRuns: 30 },
    )
  })
})

describe('refused', () => {
  test.each([
    '',
    'daily',
    '@daily',
    '0 2 * *',
    '0 0 2 * * *',
    '60 2 * * *',
    '0 24 * * *',
    '0 2 32 * *',
    '0 2 * 13 *',
    '0 2 L * *',
    '0 2 * * MON#1',
    '0 2 ? * *',
    '0 2 * * * ; rm',
  ])('%j is no cron expression', (text) => {
    expect(() => maxAgeFromCron(text)).toThrow(`${JSON.stringify(text)} is no cron expression with five fields.`)
    expect(() => maxAgeFromCron(['0 2 * * *', text])).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
  })

  test.each<[string | string[]]>([['0 0 31 2 *'], [[]]])('%j never runs', (expressions) => {
    expect(() => maxAgeFromCron(expressions)).toThrow('The schedule never runs twice.')
  })
})
