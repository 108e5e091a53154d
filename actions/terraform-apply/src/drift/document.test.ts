import { describe, expect, test } from '@jest/globals'
import type { Plan } from '../plan/format.ts'
import { open, PLANNED, planOf, reportOf, resource } from '../render/fixtures/build.ts'
import type { Report } from '../render/report.ts'
import { driftDocument, issueBody } from './document.ts'
import { findDrift } from './findings.ts'

const RETAGGED = resource(
  'aws_instance.web["a"]',
  ['update'],
  { id: 'i-1', tags: { env: 'prod' }, size: 'm' },
  { id: 'i-1', tags: { env: 'test' }, size: 'm' },
)
const TAKEN_BACK = resource(RETAGGED.address, ['update'], RETAGGED.change.after ?? null, RETAGGED.change.before ?? null)
const ADDED = resource('aws_instance.new', ['create'], null, { size: 'm' })
const TIMES = { first: '2026-01-01 00:00 UTC', last: '2026-01-02 00:00 UTC' }

function bodyOf(
  plan: Plan,
  { bytes = 64_000, redact = open, ...more }: { bytes?: number; redact?: typeof open } & Partial<Report> = {},
): string {
  const report = reportOf(PLANNED, plan, more)
  const document = driftDocument(findDrift(plan), report, redact)
  return issueBody(document, report, TIMES, redact, { bytes, fullReport: 'the summary of run 88' })
}

describe('the text of an issue', () => {
  test('tells what drifted with its values and what the next apply does about it, and since when', () => {
    const text = bodyOf(planOf([TAKEN_BACK], { resource_drift: [RETAGGED] }))
    expect(text).toContain('- 🌊 1 object changed outside Terraform\n\n### Changed outside Terraform')
    expect(text).toMatch(/🌊 <code>.*web.*<\/code> — changed, the next apply takes that back<\/summary>/)
    expect(text).toContain('!   env = "prod" -> "test"')
    expect(text).toContain('# 2 unchanged attributes')
    expect(text).toContain('<code>/plan prod</code>')
    expect(text).not.toContain('Not applied')
    expect(text).toMatch(/first seen 2026.*01-01 00:00 UTC · as it is told here since .*01-02 00:00 UTC/)
    expect(text).toContain('run 88</a></sub>')
  })

  test('tells apart what is not applied', () => {
    const text = bodyOf(planOf([TAKEN_BACK, ADDED], { resource_drift: [RETAGGED] }))
    const [drifted, unapplied = ''] = text.split('### Not applied')
    expect(drifted).toContain('- ⏳ not applied: 🟢 1 add')
    expect(drifted).not.toContain('aws&#95;instance.new')
    expect(unapplied).toContain('<code>aws&#95;instance.new</code> — create')
    expect(unapplied).not.toContain('aws&#95;instance.web')
  })

  test('names the tool, and what only has to be noted', () => {
    const footer = { ...reportOf(PLANNED).footer, tool: 'OpenTofu 1.12.6' }
    const text = bodyOf(planOf([], { resource_drift: [RETAGGED] }), { footer })
    expect(text).toContain('Changed outside OpenTofu')
    expect(text).toContain('— changed, no apply changes that</summary>')
    expect(text).toContain('<code>tofu apply -refresh-only</code>')
    expect(text).not.toContain('**Apply:**')
  })

  test('hides what is secret, marked or known', () => {
    const secret = resource(
      'a.b',
      ['update'],
      { password: 'old-secret', note: 'has known-secret' },
      { password: 'new-secret', note: 'x' },
      {
        change: { before_sensitive: { password: true }, after_sensitive: { password: true } },
      },
    )
    const text = bodyOf(planOf([], { resource_drift: [secret] }), {
      redact: (value) => value.replaceAll('known-secret', '***'),
    })
    expect(text).not.toMatch(/old-secret|new-secret|known-secret/)
    expect(text).toContain('(sensitive value)')
  })

  test('stays within its limit, says what is left out, and keeps advice and footer', () => {
    const many = Array.from({ length: 2_000 }, (_, index) =>
      resource(`a.b[${index}]`, ['update'], { note: `${'é'.repeat(200)}${index}` }, { note: 'x' }),
    )
    const text = bodyOf(planOf([ADDED], { resource_drift: many }))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64_000)
    expect(Buffer.byteLength(text)).toBeGreaterThan(55_000)
    const [, left = '', all = ''] =
      /\*\*([\d,]+) of ([\d,]+) changes are left out here\.\*\* All of them: the summary/.exec(text) ?? []
    const shown = text.split('<details>').length - 1
    expect([all, Number(left.replace(',', '')) + shown]).toEqual(['2,001', 2_001])
    expect(text).toContain('### What to do')
    expect(text).toContain('run 88</a></sub>')
  })
})

describe('the digest', () => {
  const digestOf = (plan: Plan, more: Partial<Report> = {}): string =>
    driftDocument(findDrift(plan), reportOf(PLANNED, plan, more), open).digest
  const plan = planOf([TAKEN_BACK], { resource_drift: [RETAGGED] })

  test('is the same in another run, at another commit and line', () => {
    const { footer } = reportOf(PLANNED)
    const other = { ...footer, headSha: 'b'.repeat(40), runId: 99, fingerprint: 'c'.repeat(64), durationMs: 1 }
    const positions = new Map([['aws_instance.web', { file: 'main.tf', line: 12 }]])
    expect(digestOf(plan, { footer: other, source: { positions, url: 'https://github.com/o/r/blob/b' } })).toBe(
      digestOf(plan),
    )
  })

  test('is another one when anything else is the matter', () => {
    const further = resource(RETAGGED.address, ['update'], RETAGGED.change.before ?? null, {
      id: 'i-1',
      tags: {},
      size: 'm',
    })
    const digests = [
      plan,
      planOf([TAKEN_BACK], { resource_drift: [further] }),
      planOf([], { resource_drift: [RETAGGED] }),
      planOf([TAKEN_BACK, ADDED], { resource_drift: [RETAGGED] }),
      planOf([ADDED]),
    ].map((one) => digestOf(one))
    expect(new Set(digests).size).toBe(digests.length)
  })
})
