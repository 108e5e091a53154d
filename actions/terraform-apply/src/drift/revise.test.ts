import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { OwnIssue, Revision } from '../../../../lib/github/issues.ts'
import { revision, type Seen } from './revise.ts'

const CLEAN: Seen = { kind: 'clean' }
const something = (digest: string): Seen => ({
  kind: 'something',
  digest,
  body: ({ first, last }) => `${digest}, first ${first}, since ${last}`,
})

/** The issue as a revision leaves it, and as a person may change it after that. */
function issueAfter(
  { state, body, fields }: Pick<Revision, 'state' | 'body' | 'fields'>,
  by: Partial<OwnIssue> = {},
): OwnIssue {
  const reason = state === 'closed' ? ('completed' as const) : undefined
  return { number: 1, url: '', run: 1, attempt: 1, state, reason, body, fields, ...by }
}

const look = (seen: Seen, issue: OwnIssue | undefined, day: string): Revision | undefined =>
  revision(seen, { now: () => day, run: `run of ${day}` })(issue)

/** As `look`, where there is something to write. */
function written(seen: Seen, issue: OwnIssue | undefined, day: string): Revision {
  const result = look(seen, issue, day)
  if (!result) throw new Error('nothing is written')
  return result
}

describe('an issue about drift', () => {
  const opened = written(something('a'), undefined, 'Monday')

  test('is needed only when there is something', () => {
    expect(look(CLEAN, undefined, 'Monday')).toBeUndefined()
    expect(opened).toMatchObject({ state: 'open', body: 'a, first Monday, since Monday', remark: undefined })
  })

  test('is rewritten when something else is the matter, and only then', () => {
    expect(look(something('a'), issueAfter(opened), 'Tuesday')).toBeUndefined()
    const changed = written(something('b'), issueAfter(opened), 'Tuesday')
    expect(changed).toMatchObject({ state: 'open', body: 'b, first Monday, since Tuesday', remark: undefined })
    expect(look(something('b'), issueAfter(changed), 'Wednesday')).toBeUndefined()
  })

  test('is closed with a comment when there is nothing left, and keeps its text', () => {
    const closed = written(CLEAN, issueAfter(opened), 'Tuesday')
    expect(closed).toMatchObject({ state: 'closed', body: opened.body })
    expect(closed.remark?.body).toBe('Everything is as the configuration says again: run of Tuesday.')
    expect(look(CLEAN, issueAfter(closed), 'Wednesday')).toBeUndefined()
  })

  test('is opened again by the same drift after it was away', () => {
    const closed = written(CLEAN, issueAfter(opened), 'Tuesday')
    const again = written(something('a'), issueAfter(closed), 'Wednesday')
    expect(again).toMatchObject({ state: 'open', body: 'a, first Wednesday, since Wednesday' })
    expect(again.remark?.body).toBe('There is something again: run of Wednesday.')
    expect(again.remark?.key).not.toBe(closed.remark?.key)
  })

  test.each(['not_planned', 'duplicate'] as const)(
    'closed by a person as %s, stays so while it is the same',
    (reason) => {
      const dismissed = issueAfter(opened, { state: 'closed', reason })
      expect(look(something('a'), dismissed, 'Tuesday')).toBeUndefined()
      expect(written(something('b'), dismissed, 'Tuesday')).toMatchObject({
        state: 'open',
        body: 'b, first Monday, since Tuesday',
        remark: { body: 'Something else is the matter now: run of Tuesday.' },
      })
      const clean = written(CLEAN, dismissed, 'Tuesday')
      expect(clean).toMatchObject({ state: 'closed', remark: undefined })
      const after = issueAfter(clean, { reason })
      expect(look(CLEAN, after, 'Wednesday')).toBeUndefined()
      expect(written(something('a'), after, 'Wednesday')).toMatchObject({ state: 'open' })
    },
  )

  test('closed by a person as completed, is opened again for as long as it is there', () => {
    const again = written(something('a'), issueAfter(opened, { state: 'closed', reason: 'completed' }), 'Tuesday')
    expect(again).toMatchObject({ state: 'open', remark: { body: expect.stringContaining('it is still there') } })
    const thrice = written(something('a'), issueAfter(again, { state: 'closed', reason: 'completed' }), 'Wednesday')
    expect(thrice.remark?.key).not.toBe(again.remark?.key)
  })

  test('opened by a person though all is well, is left to them', () => {
    const closed = written(CLEAN, issueAfter(opened), 'Tuesday')
    const reopened = issueAfter(closed, { state: 'open' })
    expect(look(CLEAN, reopened, 'Wednesday')).toBeUndefined()
    expect(written(something('a'), reopened, 'Wednesday')).toMatchObject({ state: 'open', remark: undefined })
  })

  test('whatever happened: a second look at the same finds nothing to write, and no two comments share a key', () => {
    const seen = fc.constantFrom(CLEAN, something('a'), something('b'))
    const person = fc.constantFrom<Partial<OwnIssue>>(
      {},
      { state: 'open', reason: undefined },
      { state: 'closed', reason: 'completed' },
      { state: 'closed', reason: 'not_planned' },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(seen, person), { maxLength: 12 }), (days) => {
        let issue: OwnIssue | undefined
        const keys: string[] = []
        for (const [what, by] of days) {
          const next = look(what, issue, 'today')
          if (next) issue = issueAfter(next)
          if (next?.remark) keys.push(next.remark.key)
          expect(look(what, issue, 'today')).toBeUndefined()
          if (issue) issue = { ...issue, ...by }
        }
        expect(new Set(keys).size).toBe(keys.length)
      }),
    )
  })
})
