import { expect, test } from '@jest/globals'
import { htmlOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { Delta } from '../delta/delta.ts'
import { PLANNED, planOf, reportOf, resource } from './fixtures/build.ts'
import { fullReport } from './report.ts'

const counted = (added: number, gone: number, changed: number, unchanged: number): Delta => ({
  since: 'push',
  changes: { kind: 'counted', added, gone, changed, unchanged },
})
const totals = (before: number, now: number): Delta => ({ since: 'plan', changes: { kind: 'totals', before, now } })

test.each<[Delta, string]>([
  [counted(1, 0, 0, 3), 'Since the last push: 1 resource added to the plan, 3 unchanged.'],
  [counted(2, 1, 2, 3), 'Since the last push: 2 resources added to the plan, 1 gone from it, 2 changed, 3 unchanged.'],
  [counted(0, 1, 0, 0), 'Since the last push: 1 resource gone from the plan.'],
  [counted(0, 0, 1, 0), 'Since the last push: 1 resource changed.'],
  [counted(0, 0, 0, 4), 'Since the last push: the plan is the same.'],
  [totals(1_210, 1_214), 'Since the last plan of this commit: 1,214 resources in the plan, 1,210 before.'],
  [totals(60, 60), 'Since the last plan of this commit: 60 resources in the plan, as many as before.'],
])('beneath the counts: %j', (delta, sentence) => {
  const report = reportOf(PLANNED, planOf([resource('a.b', ['create'], null, { x: 1 })]), { delta })
  const lines = textOf(htmlOf(fullReport(report, (text) => text)))
    .split('\n')
    .filter((line) => line !== '')
  expect(lines.slice(2, 4)).toEqual(['🟢 1 add', sentence])
})

test('nothing is said where there was and is nothing to do', () => {
  const markdown = fullReport(reportOf(PLANNED, planOf([]), { delta: counted(0, 0, 0, 0) }), (text) => text)
  expect(markdown).not.toContain('Since')
})
