import { expect, test } from '@jest/globals'
import { below, MILLISECONDS, shown, table } from './figures.ts'
import { alternate, spreadOf } from './samples.ts'

test.each([
  { values: [3], spread: { median: 3, min: 3, max: 3 } },
  { values: [30, 4, 5], spread: { median: 5, min: 4, max: 30 } },
  { values: [9, 1, 3, 100], spread: { median: 6, min: 1, max: 100 } },
])('the spread of $values', ({ values, spread }) => {
  expect(spreadOf(values)).toEqual(spread)
})

test('subjects take turns, the other first in every second round, and the first round does not count', async () => {
  const order: string[] = []
  const subject = (name: string) => async (): Promise<number> => order.push(name)
  const samples = await alternate(3, subject('a'), subject('b'))
  expect(order.join('')).toBe('abbaabba')
  expect(samples).toEqual({ one: [4, 5, 8], other: [3, 6, 7] })
})

test('a single run has no spread to show', () => {
  expect(shown(spreadOf([90]), MILLISECONDS)).toBe('90 ms')
})

test('a goal is missed by the median, and the table says so', () => {
  const figure = (median: number, promised = true) =>
    below(200, MILLISECONDS, { what: 'start', promised, spread: { median, min: 90, max: 900 }, beside: 'bare: 40 ms' })
  expect(figure(199)).toMatchObject({ measured: '199 ms (90–900)', goal: '< 200 ms', met: true })
  expect(figure(200)).toMatchObject({ met: false })
  expect(
    table([figure(200)])
      .split('\n')
      .at(-1),
  ).toBe('start  200 ms (90–900)  < 200 ms  bare: 40 ms  MISSED')
  expect(table([figure(200, false)])).toMatch(/missed \(not promised\)$/)
})
