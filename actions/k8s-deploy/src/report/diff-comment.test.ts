import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { htmlOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { ObjectDiff } from '../diff/diff.ts'
import { diffComment } from './diff-comment.ts'
import { diffHeadline, wouldChange } from './diff-headline.ts'
import type { DiffReport } from './diff-model.ts'
import { diffText } from './diff-text.ts'
import { diffReport } from './fixtures/bookings.ts'
import { tellDiff } from './told.ts'

const options = { parts: 5, fullReport: 'The whole diff is the artifact `diff`.' }
const shown = (report: DiffReport): string => textOf(htmlOf(diffComment(report, options).join('\n\n')))
const unchanged = (): DiffReport => {
  const report = diffReport()
  return { ...report, diffs: report.diffs.filter(({ change }) => change === 'none') }
}

test('counts what would happen', () => {
  expect(diffHeadline(diffReport())).toBe('1 to create, 3 to change, 1 to replace, 1 to prune · 1 unchanged')
  expect(diffHeadline(unchanged())).toBe('nothing to change · 1 unchanged')
  expect([wouldChange(diffReport()), wouldChange(unchanged())]).toEqual([true, false])
})

test('what the server refuses is counted first, and nothing is said to stay as it is', () => {
  const refused = { ...unchanged(), problems: [{ reason: 'conflict', message: 'No.' } as const] }
  expect(diffHeadline(refused)).toBe('this deployment would fail: 1 problem · 1 unchanged')
  expect(wouldChange(refused)).toBe(true)
})

describe('hooks', () => {
  const [{ object }] = diffReport().diffs.filter(({ change }) => change === 'replace') as [ObjectDiff]
  const same: ObjectDiff = { object, change: 'none', added: 0, removed: 0, lines: [] }
  const other: ObjectDiff = { ...same, change: 'replace', added: 1, removed: 1, lines: ['-  v1', '+  v2'] }

  test('run although nothing changes, and that is said', () => {
    const report: DiffReport = { ...unchanged(), hooks: [{ phase: 'pre-deploy', diff: same }] }
    expect(diffHeadline(report)).toBe('nothing to change · 1 hook to run · 1 unchanged')
    expect(wouldChange(report)).toBe(false)
    expect(shown(report)).toContain('Nothing to change: the cluster is as the manifests say. ▶️ 1 hook to run')
    expect(shown(report)).toContain('▶️ Job migrate runs before the pods change — unchanged')
    expect(diffText(report)).toContain('# Job `migrate` runs before the pods change\n')
  })

  test('that change are shown before everything else', () => {
    const report: DiffReport = { ...unchanged(), hooks: [{ phase: 'post-deploy', diff: other }] }
    expect(wouldChange(report)).toBe(true)
    expect(shown(report)).toMatch(/Job migrate runs when all is ready — \+1 −1\s+- {2}v1\n\+ {2}v2/)
    expect(diffText(report)).toContain('-  v1\n+  v2\n')
  })
})

test('a new side is named beside the object that it stands for', () => {
  const report = diffReport()
  const diffs = report.diffs.map((diff) =>
    diff.object.kind === 'Deployment' ? { ...diff, side: 'bookings-green' } : diff,
  )
  expect(shown({ ...report, diffs })).toContain('🟡 Deployment bookings (new side bookings-green) — change')
})

test('which of several clusters is meant stands in the heading', () => {
  const report: DiffReport = { ...diffReport(), target: { kind: 'environment', name: 'staging' } }
  expect(shown(report)).toContain('namespace bookings · environment staging')
})

describe('the comment', () => {
  const text = shown(diffReport())

  test('shows each object’s diff in a fold of its own, the riskiest first', () => {
    const folds = [
      ...diffComment(diffReport(), options)
        .join('')
        .matchAll(/<summary>(.*?)<\/summary>/g),
    ].map(([, one]) => textOf(one ?? ''))
    expect(folds).toEqual([
      '🔴 ConfigMap old — prune, −12',
      '♻️ Job migrate — replace, +1 −1',
      '🟡 ConfigMap bookings — change, +1 −1',
      '🟡 Secret bookings-database — change, +1 −1',
      '🟡 Deployment bookings — change, +10 −4',
      '🟢 Service bookings — create, +14',
      '⚪️ 1 unchanged object',
    ])
    expect(text).toContain('-  LOG_LEVEL: info\n+  LOG_LEVEL: debug\n')
  })

  test('explains digests, and only where there are some', () => {
    expect(text).toContain('keyed digests')
    expect(shown(unchanged())).not.toContain('digest')
  })

  test('says that nothing changes', () => {
    expect(shown(unchanged())).toContain('✅ Nothing to change: the cluster is as the manifests say.')
  })

  test('says first what would fail, and claims nothing then', () => {
    const failure = {
      reason: 'immutable-field',
      message: 'Deployment `bookings`: spec.selector can not be changed.',
      remedy: 'Delete it first.',
      source: { file: 'k8s/deployment.yaml', document: 1, line: 2 },
    } as const
    const text = shown({ ...unchanged(), problems: [failure] })
    expect(text).toContain('This deployment would fail:')
    expect(text).toContain('spec.selector can not be changed (k8s/deployment.yaml:2). Delete it first.')
    expect(text).not.toContain('Nothing to change')
  })

  test('names what is not compared or not validated', () => {
    const object = { apiVersion: 'v1', kind: 'Secret', namespace: 'bookings', name: 'smtp' }
    const report = {
      ...unchanged(),
      uncompared: [{ object, why: 'Secret `smtp` may not be read.' }],
      notes: ['Not validated: x.'],
    }
    expect(shown(report)).toContain('Not compared: Secret smtp may not be read.')
    expect(shown(report)).toContain('Not validated: x.')
    expect(wouldChange(report)).toBe(true)
  })

  test('is one of several where it is long, and one with what matters most where it is too long', () => {
    const report = diffReport()
    const [first] = report.diffs
    const lines = Array.from({ length: 400 }, (_, index) => `+  key-${index}: ${'<'.repeat(20)}`)
    const many = (count: number): DiffReport => ({
      ...report,
      diffs: [...report.diffs, ...Array.from({ length: count }, () => ({ ...first, lines }) as never)],
    })
    const several = diffComment(many(12), options)
    expect(several.length).toBeGreaterThan(1)
    const [only = '', ...others] = diffComment(many(1_000), options)
    expect(others).toEqual([])
    expect(textOf(htmlOf(only))).toMatch(
      /This comment shows \d+ of 1,006 objects, the riskiest first\. The whole diff is the artifact diff\./,
    )
    expect(only).toContain('🔴 ConfigMap')
    for (const body of [...several, only]) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_000)
      expect(body.match(/<details/g)).toHaveLength(body.match(/<\/details>/g)?.length ?? 0)
    }
  })

  test('shows the beginning of a very long diff, and says how much is missing', () => {
    const report = diffReport()
    const [first] = report.diffs
    const long = { ...first, lines: Array.from({ length: 10_000 }, () => '+  some line of a text') } as never
    expect(shown({ ...report, diffs: [long] })).toMatch(/[\d,]+ more lines of this object are not shown here\./)
  })
})

test('the summary shows of each object more than a comment does, and fits', () => {
  const report = diffReport()
  const [first] = report.diffs
  const diffs = [1, 2, 3, 4, 5, 6, 7, 8].map(
    () => ({ ...first, lines: Array<string>(9_000).fill('+  some text') }) as never,
  )
  const { summary, comments } = tellDiff({ ...report, diffs: diffs.slice(0, 1) }, (text) => text, options)
  expect([summary, ...comments].map((text) => text.includes('not shown here'))).toEqual([false, true])
  const long = tellDiff({ ...report, diffs: [...diffs, ...diffs, ...diffs] }, (text) => text, options).summary
  expect(Buffer.byteLength(long)).toBeLessThan(1024 * 1024)
  expect(textOf(htmlOf(long))).toMatch(/shows \d of 24 objects, the riskiest first\. The whole is the file/)
})

test('the file is a unified diff with a head for each object', () => {
  const text = diffText(diffReport())
  expect(text).toMatch(/^# bookings in namespace bookings: 1 to create, 3 to change/)
  expect(text).toContain('\n--- live/ConfigMap/bookings/old\n+++ /dev/null\n-apiVersion: v1\n')
  expect(text).toContain(
    '\n--- live/apps/Deployment/bookings/bookings\n+++ manifests/apps/Deployment/bookings/bookings\n@@ spec @@\n',
  )
  const created = text.slice(text.indexOf('--- /dev/null')).split('\n').slice(2)
  expect(parse(created.map((line) => line.slice(1)).join('\n'))).toMatchObject({ kind: 'Service' })
})
