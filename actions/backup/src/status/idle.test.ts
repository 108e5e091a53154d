import { expect, test } from '@jest/globals'
import { forecastIdle } from './idle.ts'

const lastActivityAt = new Date('2026-09-01T00:00:00Z')
const at = (now: string, visibility: 'public' | 'private' | 'internal' = 'public') =>
  forecastIdle({ visibility, lastActivityAt, now: new Date(now) })

test('more than 14 days are left: nothing to tell', () => {
  expect(at('2026-10-16T23:59:59.999Z')).toEqual({ state: 'safe' })
})

test('from 14 days before it is told', () => {
  expect(at('2026-10-17T00:00:00Z')).toEqual({
    state: 'soon',
    disabledAt: new Date('2026-10-31T00:00:00Z'),
    sentence:
      'Nothing was committed to this public repository for 46 days; after 60 idle days GitHub disables its schedules, in 14 days. A commit starts the days anew.',
  })
})

test('after 60 days it is over', () => {
  expect(at('2026-10-30T23:59:59.999Z').state).toBe('soon')
  expect(at('2026-10-31T00:00:00Z')).toEqual({
    state: 'disabled',
    disabledAt: new Date('2026-10-31T00:00:00Z'),
    sentence:
      "Nothing was committed to this public repository for 60 days; after 60 idle days GitHub disables its schedules. Look at the workflow's page on the Actions tab whether it says so, and enable it.",
  })
})

test.each(['private', 'internal'] as const)('a repository that is %s has no such rule', (visibility) => {
  expect(at('2027-10-31T00:00:00Z', visibility)).toEqual({ state: 'safe' })
})
