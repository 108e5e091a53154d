import { describe, expect, test } from '@jest/globals'
import { HOSTILE as FOREIGN } from '../../../../lib/markdown/fixtures/hostile.ts'
import { htmlOf, searchedBy, tagsOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { Difference } from '../plan/compare.ts'
import { FOOTER, open, planOf, reportOf, resource } from './fixtures/build.ts'
import { commentBodies, fullReport, type Report, type Status } from './report.ts'

const HOSTILE: readonly string[] = [...FOREIGN, '+ added = 1\n- removed = 2\n! changed = 3\n  # 3 unchanged attributes']

/** Everything foreign in a report holds the hostile text. */
function reportWith(hostile: string, status: Status): Report {
  const value = {
    [hostile]: hostile,
    text: `first\n${hostile}`,
    json: JSON.stringify({ [hostile]: hostile }),
    list: [hostile, { a: hostile }],
  }
  const plan = planOf(
    [
      resource(hostile, ['create'], null, value),
      resource(`${hostile}2`, ['delete', 'create'], { a: 1, text: 'x\ny' }, value, {
        action_reason: hostile,
        deposed: hostile,
        previous_address: hostile,
        change: { replace_paths: [[hostile, 0]], importing: { id: hostile } },
      }),
      resource(`${hostile}3`, ['no-op'], value, value, {
        previous_address: hostile,
        change: { importing: { id: hostile } },
      }),
      resource(`${hostile}4`, ['read'], null, value, { action_reason: hostile }),
    ],
    {
      resource_drift: [
        resource(hostile, ['update'], value, { text: 'other' }),
        resource(hostile, ['delete'], {}, null),
      ],
      output_changes: { [hostile]: { actions: ['create'], before: null, after: value } },
      checks: [{ status: 'fail', address: { to_display: hostile }, problems: [{ message: hostile }] }],
      deferred_changes: [{ reason: hostile, resource_change: { address: hostile } }],
      action_invocations: [
        {
          address: hostile,
          config_values: value,
          lifecycle_action_trigger: { action_trigger_event: hostile, triggering_resource_address: hostile },
        },
      ],
    },
  )
  return reportOf(status, plan, {
    root: { name: hostile, directory: hostile, workspace: hostile },
    guard: {
      protected: [{ address: hostile, effect: 'replace', because: [hostile] }],
      tooMany: { destroys: 1, limit: hostile },
      label: hostile,
      labelled: false,
    },
    notCompared: [hostile],
    source: {
      url: 'https://github.com/octo/infra/blob/4f3c2b1a',
      positions: new Map([[hostile, { file: hostile, line: 1, module: hostile }]]),
    },
    footer: { ...FOOTER, fingerprint: hostile, headSha: hostile, tool: hostile },
  })
}

function statusesWith(hostile: string): Status[] {
  const progress = { resources: [{ address: hostile, action: hostile, state: 'failed' as const }] }
  const diagnostics = (['error', 'warning'] as const).map((severity) => ({
    severity,
    summary: hostile,
    detail: hostile,
    address: hostile,
    file: hostile,
    line: 1,
    code: hostile,
  }))
  const shown = { kind: 'text', text: hostile } as const
  const differences: Difference[] = [
    { kind: 'appeared', address: hostile, actions: hostile },
    { kind: 'value', address: hostile, attribute: hostile, side: 'after', reviewed: shown, now: { kind: 'absent' } },
    { kind: 'fact', address: hostile, fact: hostile },
    { kind: 'setting', what: hostile, reviewed: hostile, now: `${hostile}2` },
  ]
  return [
    { kind: 'planned', apply: { kind: 'possible', how: hostile } },
    { kind: 'planned', apply: { kind: 'impossible', why: hostile } },
    { kind: 'applied', progress, outputs: [{ name: hostile, value: hostile }], hiddenOutputs: 1 },
    { kind: 'refused', reason: hostile, message: hostile, differences, hints: [hostile], offer: { command: hostile } },
    { kind: 'failed', reason: hostile, message: hostile, diagnostics, progress },
  ]
}

/** What a report of harmless values is made of. */
const OURS =
  /^<(h2|p|sub|strong|code|code class="language-(diff|text|hcl)"|pre|details|summary|span|table|thead|tbody|tr|th|td|th align="(center|left|right)"|td align="(center|left|right)"|ul|li|blockquote|br \/|a href="https:\/\/github\.com\/octo\/infra\/(actions\/runs\/88|blob\/4f3c2b1a\/[^"<>\s]*)")>$/

describe.each(HOSTILE)('%j', (hostile) => {
  test.each(statusesWith(hostile).map((status) => [status.kind, status] as const))('stays inert: %s', (_, status) => {
    const report = reportWith(hostile, status)
    for (const markdown of [fullReport(report, open), ...bodiesOf(report)]) {
      const html = htmlOf(markdown)
      expect(tagsOf(html).filter((tag) => !OURS.test(tag))).toEqual([])
      expect(searchedBy(html)).not.toMatch(/(^|[^\w/`])@[a-z0-9-]+/im)
      expect(html.match(/<details>/g)?.length ?? 0).toBe(html.match(/<\/details>/g)?.length ?? 0)
      for (const invisible of ['\u001b', '\u202e', '\u2066', '\u2028', '\u0007'])
        expect(markdown).not.toContain(invisible)
    }
  })
})

function bodiesOf(report: Report): string[] {
  return commentBodies(report, open, { bytes: 8_000, parts: 20, fullReport: 'the summary' }).bodies
}

test('lines of a value always stand behind a sign and an indentation', () => {
  const lines = '+ added = 1\n- removed = 2\n! changed = 3'
  const plan = planOf([
    resource('a.b', ['create'], null, { text: lines }),
    resource('a.c', ['update'], { text: 'x\ny' }, { text: lines }),
  ])
  const html = htmlOf(fullReport(reportOf({ kind: 'nothing-left' }, plan), open))
  expect(textOf(html)).not.toMatch(/^(\+ added|- removed|! changed)/m)
})

describe('a known secret', () => {
  const secret = 'hunter22hunter22'
  const redact = (text: string): string => text.replaceAll(secret, '***')

  test.each(statusesWith(secret).map((status) => [status.kind, status] as const))(
    'is shown nowhere: %s',
    (_, status) => {
      const { offer: _offer, ...others } = { offer: undefined, ...status }
      const report = { ...reportWith(secret, others), footer: FOOTER }
      expect(fullReport(report, open)).toContain(secret)
      expect(fullReport(report, redact)).not.toContain(secret)
    },
  )
})

describe.each(['@', '\n'])('100,000 times %j everywhere', (character) => {
  const long = character.repeat(100_000)

  test.each(statusesWith(long).map((status) => [status.kind, status] as const))(
    'stays within limits: %s',
    (_, status) => {
      for (const parts of [1, 5]) {
        const { bodies } = commentBodies(reportWith(long, status), open, {
          bytes: 64_000,
          parts,
          fullReport: 'the summary',
        })
        expect(bodies.length).toBeLessThanOrEqual(parts)
        for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(64_000)
        expect(bodies[0]).toContain('The apply needs the label')
      }
    },
  )
})
