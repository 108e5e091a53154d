import { describe, expect, test } from '@jest/globals'
import { SUMMARY_LIMIT_BYTES } from '../../../../lib/action/summary.ts'
import { htmlOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import { deployed, rolledBack } from './fixtures/bookings.ts'
import { summaryOf } from './summary.ts'

const shown = (markdown: string): string => textOf(htmlOf(markdown)).replaceAll('\u200b', '')

describe('a deployment that failed', () => {
  const text = shown(summaryOf(rolledBack()))

  test('begins with what happened and why, then says what to do', () => {
    const [first] = text.split('\n')
    expect(first).toBe(
      '❌ bookings in namespace bookings was rolled back: Deployment bookings: container bookings crashes at its start, with exit code 1.',
    )
    expect(text.indexOf('What to do: Read its log')).toBeGreaterThan(0)
    expect(text.indexOf('What to do: Read its log')).toBeLessThan(text.indexOf('Evidence'))
  })

  test('tells of each object what became of it', () => {
    expect(text).toContain('↩️ 2 restored · 🗑️ 1 deleted again')
    expect(text).toMatch(/↩️\s*ConfigMap bookings\s*restored/)
    expect(text).toMatch(/🗑️\s*Service bookings\s*deleted again/)
  })

  test('shows events and the log of the run before the crash, without the colours of a terminal', () => {
    expect(text).toMatch(/16:33:13\s*⚠️ BackOff\s*Back-off restarting failed container bookings \(4×\)/)
    expect(text).toContain(
      'Log of container bookings of bookings-5d9c7b8f6-x2x4q before it was restarted, last 2 lines',
    )
    expect(text).toContain('starting\nDATABASE_POOL_SIZE is not a number: ten')
  })
})

test('a deployment that went well folds away what is unchanged', () => {
  const markdown = summaryOf(deployed())
  expect(shown(markdown)).toMatch(/^✅ Deployed bookings to namespace bookings as revision 12/)
  expect(shown(markdown)).toContain('⚪️ 1 unchanged object\n')
  expect(markdown.indexOf('Namespace')).toBeGreaterThan(markdown.indexOf('<details>'))
  expect(shown(markdown)).toContain('revision 12 (before: 11)')
})

test('what is left as a failed deployment wrote it is named on top', () => {
  const report = rolledBack()
  const objects = report.objects.map((one) => ({ ...one, fate: 'left' as const, message: 'It is being deleted.' }))
  const text = shown(summaryOf({ ...report, result: 'rollback-failed', objects }))
  expect(text).toMatch(/3 objects still as the failed deployment wrote:\s+ConfigMap bookings: It is being deleted\./)
  expect(text).toContain('could not be rolled back')
})

test('notes are listed', () => {
  expect(shown(summaryOf({ ...deployed(), notes: ['The webhook `check` was not asked.'] }))).toContain(
    'The webhook check was not asked.',
  )
})

describe('a summary that would be too long', () => {
  const report = rolledBack()
  const log = { pod: 'p', container: 'c', previous: true, text: `${'x'.repeat(1_000)}\n`.repeat(600) }
  const evidence = report.evidence.map((one) => ({ ...one, logs: [log, log, log] }))

  test('has shorter logs, and all else', () => {
    const markdown = summaryOf({ ...report, evidence })
    expect(Buffer.byteLength(markdown)).toBeLessThan(SUMMARY_LIMIT_BYTES)
    expect(shown(markdown)).toContain('last 50 lines')
    expect(shown(markdown)).toContain('🕑 Timeline: 3 steps in 24 s')
  })

  test('is whole where there is room', () => {
    const markdown = summaryOf({ ...report, evidence }, Number.POSITIVE_INFINITY)
    expect(Buffer.byteLength(markdown)).toBeGreaterThan(SUMMARY_LIMIT_BYTES)
    expect(shown(markdown)).toContain('last 600 lines')
  })

  test('fits with thousands of objects that each say much', () => {
    const [first] = report.objects
    const objects = Array.from(
      { length: 20_000 },
      () => ({ ...first, fate: 'left', message: '`<'.repeat(2_000) }) as never,
    )
    const moments = Array.from({ length: 20_000 }, () => ({ at: new Date(0), what: '<&>'.repeat(1_000) }))
    const markdown = summaryOf({ ...report, objects, timeline: moments, notes: objects.map(() => '@'.repeat(2_000)) })
    expect(Buffer.byteLength(markdown)).toBeLessThan(SUMMARY_LIMIT_BYTES)
  })
})
