import { describe, expect, test } from '@jest/globals'
import { htmlOf, summariesOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { Difference } from '../plan/compare.ts'
import { open, planOf, reportOf, resource } from './fixtures/build.ts'
import { fullReport, type Guard, type Progress, type Status, titleOf } from './report.ts'

const PLAN = planOf([resource('aws_db_instance.main', ['delete', 'create'], { v: 1 }, { v: 2 })])

function textFor(status: Status, guard?: Guard): string {
  return textOf(htmlOf(fullReport(reportOf(status, PLAN, guard ? { guard } : {}), open)))
}

function refused(differences: Difference[]): Status {
  return { kind: 'refused', reason: 'plan-changed', message: 'The plan is another one.', differences, hints: [] }
}

function progress(states: readonly Progress['resources'][number]['state'][]): Progress {
  return {
    resources: states.map((state, index) => ({
      address: `a.b[${index}]`,
      action: 'create',
      state,
      seconds: 65 + index,
    })),
  }
}

describe('what happened', () => {
  test.each<[Status, string, string]>([
    [
      { kind: 'planned', apply: { kind: 'possible', how: 'comment `/apply prod`.' } },
      'Apply: comment /apply prod.',
      '1 replace',
    ],
    [
      { kind: 'planned', apply: { kind: 'impossible', why: 'there is no plan-key.' } },
      "can't be applied: there is no plan-key.",
      '1 replace',
    ],
    [{ kind: 'nothing-left' }, 'Nothing left to apply', 'Nothing left to apply'],
    [{ kind: 'applying', progress: progress(['done', 'running']) }, 'Applying: 1 of 2 done', 'Applying: 1 of 2 done'],
    [
      {
        kind: 'applied',
        progress: progress(['done']),
        outputs: [{ name: 'url', value: 'https://x' }],
        hiddenOutputs: 1,
      },
      'url = "https://x"\n# 1 sensitive output not shown',
      'Applied: 1 of 1 done',
    ],
    [refused([]), 'Refused (plan-changed): The plan is another one.', 'Refused: plan-changed'],
    [
      {
        kind: 'failed',
        reason: 'apply-failed',
        message: 'One.\nTwo.',
        diagnostics: [],
        progress: progress(['failed', 'waiting']),
      },
      'Failed (apply-failed): One.\nTwo.',
      'Failed: apply-failed',
    ],
  ])('%j', (status, words, title) => {
    expect(textFor(status)).toContain(words)
    expect(titleOf(reportOf(status, PLAN))).toBe(title)
  })

  test('comes before the plan, unless the plan is all that happened', () => {
    const text = textFor(refused([]))
    expect(text.indexOf('Refused')).toBeLessThan(text.indexOf('1 replace'))
  })

  test('a way out is offered as a command to copy', () => {
    const command = '/apply prod ab12cd34ef56'
    const html = htmlOf(fullReport(reportOf({ ...refused([]), offer: { command } } as Status, PLAN), open))
    expect(html).toContain(`<code class="language-text">${command}\n</code>`)
  })
})

describe('the destroy guard', () => {
  const guard: Guard = {
    protected: [
      { address: 'aws_db_instance.main', effect: 'replace', because: ['engine_version'] },
      { address: 'aws_s3_bucket.logs', effect: 'delete', because: [] },
    ],
    tooMany: { destroys: 12, limit: '10%' },
    label: 'allow-destroy',
    labelled: false,
  }
  const planned: Status = { kind: 'planned', apply: { kind: 'possible', how: 'after the merge.' } }

  test('names what is destroyed, why, and the label', () => {
    const text = textFor(planned, guard)
    expect(text).toContain('Destroys 2 protected objects:')
    expect(text).toContain('aws_db_instance.main — replace, forced by engine_version')
    expect(text).toContain('aws_s3_bucket.logs — destroy')
    expect(text).toContain('Destroys 12 objects, more than the limit of 10%.')
    expect(text).toContain('The apply needs the label allow-destroy, put on from now on by somebody')
  })

  test('with the label it is a warning that says so', () => {
    expect(textFor(planned, { ...guard, labelled: true })).toContain('The label allow-destroy permits it.')
  })

  test('is silent when there is nothing to object to', () => {
    expect(textFor(planned, { protected: [], label: 'allow-destroy', labelled: false })).not.toContain('allow-destroy')
  })

  test('names ten objects and counts the rest', () => {
    const many = Array.from({ length: 13 }, (_, index) => ({
      address: `a.b${index}`,
      effect: 'delete' as const,
      because: [],
    }))
    expect(textFor(planned, { protected: many, label: 'x', labelled: false })).toMatch(/a\.b9 — destroy\s+and 3 more/)
  })
})

describe('differences of a refused plan, in words', () => {
  const value = { kind: 'value', address: 'a.b', attribute: 'size', side: 'after' } as const
  const shown = (text: string) => ({ kind: 'text', text }) as const
  test.each<[Difference, string]>([
    [
      { kind: 'appeared', address: 'a.b', actions: 'create' },
      "a.b is to be created; the reviewed plan doesn't touch it",
    ],
    [
      { kind: 'vanished', address: 'a.b', actions: 'delete, then create' },
      "a.b isn't touched any more; in the reviewed plan it was to be replaced",
    ],
    [
      { kind: 'action', address: 'a.b', reviewed: 'update', now: 'delete' },
      'a.b is to be destroyed; in the reviewed plan it was to be changed',
    ],
    [{ ...value, reviewed: shown('a'), now: shown('b') }, 'a.b: size is to become b; reviewed was a'],
    [{ ...value, reviewed: { kind: 'absent' }, now: shown('b') }, 'a.b: size is to become b; reviewed was nothing'],
    [
      { ...value, side: 'before', reviewed: shown('a'), now: shown('b') },
      'a.b: size in the real world or the state is now b; at review it was a',
    ],
    [
      { ...value, reviewed: { kind: 'sensitive' }, now: { kind: 'sensitive' } },
      'a.b: size (sensitive) is to become another value',
    ],
    [
      { ...value, reviewed: { kind: 'sensitive' }, now: shown('open') },
      'a.b: size (sensitive) is to become another value',
    ],
    [
      { ...value, reviewed: shown(`${'x'.repeat(500)}a`), now: shown(`${'x'.repeat(500)}b`) },
      'a.b: size is to become another value, which differs in a part not shown here',
    ],
    [
      { ...value, side: 'unknown', reviewed: { kind: 'absent' }, now: shown('true') },
      'a.b: size is known only after the apply',
    ],
    [{ ...value, side: 'unknown', reviewed: shown('true'), now: { kind: 'absent' } }, 'a.b: size is known now'],
    [
      { kind: 'fact', address: 'a.b', fact: 'replace_paths' },
      'a.b: what forces the replacement differs from the reviewed plan',
    ],
    [{ kind: 'fact', address: 'a.b', fact: 'new_kind' }, 'a.b: new kind differs from the reviewed plan'],
    [
      { kind: 'setting', what: 'version of terraform', reviewed: '1.11.3', now: '1.11.4' },
      'version of terraform is 1.11.4; reviewed was 1.11.3',
    ],
    [
      { kind: 'setting', what: 'variable region', reviewed: 'present', now: 'present' },
      'variable region differs from the reviewed one',
    ],
    [{ kind: 'setting', what: 'provider aws', reviewed: 'absent', now: 'present' }, 'provider aws is new'],
    [{ kind: 'setting', what: 'provisioner of a.b', reviewed: 'present', now: 'absent' }, 'provisioner of a.b is gone'],
  ])('%j', (difference, words) => {
    expect(textFor(refused([difference]))).toContain(words)
  })

  test('fifty are told, the rest counted', () => {
    const many = Array.from(
      { length: 57 },
      (_, index): Difference => ({ kind: 'fact', address: `a.b${index}`, fact: 'importing' }),
    )
    const text = textFor(refused(many))
    expect(text).toContain('a.b49:')
    expect(text).not.toContain('a.b50:')
    expect(text).toContain('and 7 more')
  })
})

describe('progress', () => {
  test('shows each state and time, failures first', () => {
    const html = htmlOf(
      fullReport(reportOf({ kind: 'applying', progress: progress(['waiting', 'done', 'running', 'failed']) }), open),
    )
    const rows = [...html.matchAll(/<td align="center">(.+?)<\/td>/g)].map(([, symbol]) => symbol)
    expect(rows).toEqual(['❌', '⏳', '✅', '▫️'])
    expect(textOf(html)).toMatch(/✅\s+a\.b\[1\]\s+create\s+1 min 6 s/)
  })

  test('a long table is folded, but for what failed or runs', () => {
    const states = [...Array(20).fill('done'), ...Array(19).fill('waiting'), 'failed']
    const html = htmlOf(fullReport(reportOf({ kind: 'applying', progress: progress(states) }), open))
    expect(summariesOf(html)).toEqual(['✅ 20 done · ▫️ 19 waiting'])
    expect(html.indexOf('a.b[39]')).toBeLessThan(html.indexOf('<details>'))
    expect(html.indexOf('a.b[38]')).toBeGreaterThan(html.indexOf('<details>'))
  })
})

describe('diagnostics', () => {
  const status: Status = {
    kind: 'failed',
    reason: 'plan-failed',
    message: 'The plan failed.',
    diagnostics: [
      { severity: 'warning', summary: 'Deprecated', detail: 'Use x.' },
      {
        severity: 'error',
        summary: 'Invalid value',
        detail: 'Must be\n0 or 1.',
        address: 'a.b',
        file: 'infra/main.tf',
        line: 12,
        code: '  count = 2',
      },
    ],
  }

  test('errors stand open with their place and source, warnings are folded', () => {
    const html = htmlOf(fullReport(reportOf(status), open))
    expect(textOf(html)).toContain('❌ Invalid value — a.b · infra/main.tf:12')
    expect(html).toContain('<code class="language-hcl">  count = 2\n</code>')
    expect(textOf(html)).toContain('Must be\n0 or 1.')
    expect(summariesOf(html)).toEqual(['⚠️ 1 warning'])
    expect(html.indexOf('Invalid value')).toBeLessThan(html.indexOf('Deprecated'))
  })
})
