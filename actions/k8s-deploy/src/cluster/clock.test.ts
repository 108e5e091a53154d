import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createClock } from './clock.ts'

/** The Date header of a server whose clock is `offset` ms ahead, at a moment of ours. */
const dateAt = (moment: number, offset: number): string => new Date(moment + offset).toUTCString()

test('is the runner’s time until the server has answered', () => {
  expect(createClock(() => 5_000, 1_000_000).now()).toEqual(new Date(1_000_000))
})

test('comes as near to the server’s time as the answers allow, however wrong the runner’s is', () => {
  const answer = fc.record({ afterMs: fc.integer({ min: 1, max: 5_000 }), tripMs: fc.integer({ min: 1, max: 400 }) })
  const property = fc.property(
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.array(answer, { minLength: 1, maxLength: 50 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (offset, answers, share) => {
      let moment = 0
      const clock = createClock(() => moment, 1_700_000_000_000)
      const serverNow = () => moment + 1_700_000_000_000 + offset
      for (const { afterMs, tripMs } of answers) {
        moment += afterMs
        const sentAt = moment
        const said = dateAt(sentAt + tripMs * share, 1_700_000_000_000 + offset)
        moment += tripMs
        clock.observe(said, sentAt, moment)
        expect(Math.abs(clock.now().getTime() - serverNow())).toBeLessThanOrEqual((1000 + 400) / 2 + 1)
      }
    },
  )
  fc.assert(property)
})

test('is exact to a round trip after many answers', () => {
  let moment = 0
  const clock = createClock(() => moment, 0)
  for (let index = 0; index < 200; index++) {
    moment += 37
    clock.observe(dateAt(moment + 2, 90_123), moment, moment + 4)
  }
  expect(Math.abs(clock.now().getTime() - moment - 90_123)).toBeLessThan(40)
})

test('follows a server whose clock was set, and heeds no nonsense', () => {
  let moment = 0
  const clock = createClock(() => moment, 0)
  clock.observe(dateAt(0, 1_000_000), 0, 0)
  clock.observe('yesterday', 0, 0)
  expect(clock.now().getTime()).toBe(1_000_500)
  moment = 10
  clock.observe(dateAt(10, 2_000_000), 10, 10)
  expect(Math.abs(clock.now().getTime() - 2_000_010)).toBeLessThan(501)
})
