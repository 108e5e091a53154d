import { describe, expect, test } from '@jest/globals'
import type { RunEntry } from '../catalogue/run-log.ts'
import { metricsText } from './metrics.ts'
import type { Report } from './model.ts'
import { summaryOf } from './summary.ts'

const RUN = 'https://github.com/acme/service/actions/runs/7'

const report: Report = {
  format: 'ondol-backup-report',
  version: 1,
  mode: 'backup',
  set: 'shop',
  store: 's3://acme/nightly',
  result: 'ok',
  startedAt: '2026-11-25T02:17:00.000Z',
  seconds: 61,
  headline: 'Backup 20261125T021700Z-5f3a9c is complete.',
  backup: {
    id: '20261125T021700Z-5f3a9c',
    type: 'incremental',
    because: 'The last full backup is younger than 7 days.',
    parent: '20261124T021700Z-000000',
    files: 1234,
    bytesRead: 1_500_000,
    bytesStored: 400_000,
    manifestKey: 'shop/20261125T021700Z-5f3a9c/manifest.json',
  },
  tables: [{ title: 'Sources', columns: ['Source', 'Read'], align: 'lr', rows: [['`1-files`', '1.4 MiB']] }],
  warnings: [],
  runs: [],
}

function entry(at: string, bytesStored: number, more: Partial<RunEntry> = {}): RunEntry {
  return {
    format: 'ondol-run',
    version: 1,
    set: 'shop',
    at,
    mode: 'backup',
    result: 'ok',
    seconds: 5,
    bytesStored,
    ...more,
  }
}

describe('the summary', () => {
  test('tells what was made, from what, and why', () => {
    const summary = summaryOf(report, RUN)
    expect(summary).toMatch(/^## ✅ Backup <code>shop<\/code> · backup$/m)
    expect(summary).toContain(
      'Incremental backup <code>20261125T021700Z-5f3a9c</code> · upon <code>20261124T021700Z-000000</code> · 1,234 files',
    )
    expect(summary).toContain('1.4 MiB read, 391 KiB stored')
    expect(summary).toContain('The last full backup is younger than 7 days.')
    expect(summary).toContain(RUN)
  })

  test('shows the last runs, newest first, with a trend of the backups', () => {
    const runs = [
      entry('2026-11-23T02:18:00Z', 3_000_000),
      entry('2026-11-24T02:18:00Z', 1_000_000),
      entry('2026-11-24T09:00:00Z', 500_000),
      entry('2026-11-24T10:00:00Z', 0, { mode: 'verify', result: 'failed', reason: 'corrupt' }),
    ]
    const summary = summaryOf({ ...report, runs }, RUN)
    expect(summary).toContain('x-axis ["11-23", "11-24", "11-24 #2"]')
    expect(summary).toContain('bar [2.86, 0.95, 0.48]')
    const rows = summary.split('\n').filter((line) => /^\| 2026/.test(line))
    expect(rows[0]).toMatch(/^\| 2026.*11-24 10:00 \| verify \| ❌ corrupt/)
    expect(rows).toHaveLength(4)
  })

  test('a failure says what to do; hostile names stay text', () => {
    const name = '`x` <img src=x onerror=alert(1)> @octocat ::error::boo | ]('
    const summary = summaryOf(
      {
        ...report,
        result: 'failed',
        failure: { reason: 'source-failed', message: `/srv/${name} could not be read.`, remedy: `Look at ${name}.` },
        warnings: Array.from({ length: 25 }, () => name),
        tables: [{ title: name, columns: [name], align: 'l', rows: [[name]], more: 3 }],
      },
      RUN,
    )
    expect(summary).toContain('> [!CAUTION]')
    expect(summary).toContain('**What to do:**')
    expect(summary).toContain('and 5 more')
    expect(summary).toContain('and 3 more')
    expect(summary).not.toContain('<img')
    expect(summary).not.toContain('@octocat')
  })
})

test('figures for Prometheus', () => {
  const now = new Date('2026-11-25T02:18:01Z')
  const text = metricsText({ ...report, set: 'a"b\\c' }, now)
  expect(text).toContain('ondol_backup_last_success_timestamp_seconds{set="a\\"b\\\\c",mode="backup"} 1795573081\n')
  expect(text).toContain('# TYPE ondol_backup_stored_bytes gauge\n')
  const failed = metricsText({ ...report, result: 'failed' }, now)
  expect(failed).not.toContain('last_success')
  expect(failed).toContain('ondol_backup_success{set="shop",mode="backup"} 0\n')
})
