import { describe, expect, test } from '@jest/globals'
import { htmlOf, summariesOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { Json, Plan } from '../plan/format.ts'
import { open, PLANNED, planOf, recorded, reportOf, resource } from './fixtures/build.ts'
import { fullReport, type Report, titleOf } from './report.ts'

const SECRETS = ['first-secret-value', 'second-secret-value']
const redact = (text: string): string => SECRETS.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)

function markdownOf(plan: Plan, more: Partial<Report> = {}): string {
  return fullReport(reportOf(PLANNED, plan, more), open)
}

describe('a recorded plan that does a little of everything', () => {
  const markdown = fullReport(reportOf(PLANNED, recorded('everything')), redact)
  const html = htmlOf(markdown)

  test('begins with the root and its counts, risk first', () => {
    expect(textOf(html).trim().split(/\n+/).slice(0, 3)).toEqual([
      'Terraform · prod',
      'infra/prod · workspace default',
      '🔴 2 destroy · ♻️ 1 replace · 🟢 1 add · 🟡 4 change · ➡️ 1 move · 📥 1 import · 👋 1 forget · outputs 4',
    ])
  })

  test('has one fold per resource, riskiest first, that says what happens and why', () => {
    expect(summariesOf(html)).toEqual([
      '🔴 terraform_data.counted[2] — destroy, its index is beyond count',
      '🔴 terraform_data.deleted — destroy, no longer in the configuration',
      '♻️ terraform_data.replaced — replace, forced by triggers_replace',
      '👋 terraform_data.forgotten — forget, no longer in the configuration',
      '🟡 terraform_data.policy — change',
      '🟡 terraform_data.secret — change',
      '🟡 terraform_data.text — change',
      '🟡 terraform_data.updated — change',
      '🟢 terraform_data.created — create',
      '➡️ 1 move · 📥 1 import — without other changes',
      'Output changes (4)',
    ])
  })

  test('shows moves and imports with where they come from', () => {
    expect(html).toMatch(/terraform_data.new_name<\/code><\/td>\s*<td><code>terraform_data.old_name/)
    expect(html).toMatch(/terraform_data.imported<\/code><\/td>\s*<td><\/td>\s*<td><code>3d2a2f0e-/)
  })

  test('shows the check that fails, and its message as text', () => {
    expect(textOf(html)).toContain('❌ check.names: Large is more than <b>we</b> pay for, says @outsider.')
  })

  test('shows no secret, not even where the provider repeats it without a mark', () => {
    for (const secret of SECRETS) expect(markdown).not.toContain(secret)
    expect(textOf(html)).toContain('!   password = (sensitive value)  # sensitive value changed')
    expect(textOf(html)).toContain('! password = (sensitive value)  # sensitive value changed')
  })

  test('collapses what is known only after the apply, and keeps digits', () => {
    expect(textOf(html)).toContain('+   big = 12345678901234567890')
    expect(textOf(html)).toContain('# known after apply: id, output')
  })

  test('has the counts as its title', () => {
    expect(titleOf(reportOf(PLANNED, recorded('everything')))).toBe(
      '2 destroy, 1 replace, 1 add, 4 change, 1 move, 1 import, 1 forget, 4 outputs',
    )
  })
})

describe('single changes', () => {
  const foldOf = (plan: Plan): string => textOf(htmlOf(markdownOf(plan)))

  test('addresses are in natural order', () => {
    const plan = planOf([10, 2, 1].map((index) => resource(`a.b[${index}]`, ['create'], null, { n: 1 })))
    expect(summariesOf(htmlOf(markdownOf(plan)))).toEqual([
      '🟢 a.b[1] — create',
      '🟢 a.b[2] — create',
      '🟢 a.b[10] — create',
    ])
  })

  test('a deposed object, and a reason that a later version has added', () => {
    const more = { deposed: 'ab12', action_reason: 'delete_because_of_stars' }
    expect(foldOf(planOf([resource('a.b', ['delete'], { id: 'i' }, null, more)]))).toContain(
      '🔴 a.b — destroy, deposed object ab12, delete because of stars',
    )
  })

  test('a replacement that creates first, a tainted one, and a path into a list', () => {
    const tainted = resource('a.b', ['create', 'delete'], { id: '1' }, {}, { action_reason: 'replace_because_tainted' })
    expect(foldOf(planOf([tainted]))).toContain('♻️ a.b — replace, it is tainted')
    expect(foldOf(planOf([tainted]))).toContain('# the new object is created before the old one is destroyed')
    const paths = { replace_paths: [['disk', 0, 'type']] }
    expect(foldOf(planOf([resource('a.b', ['delete', 'create'], {}, {}, { change: paths })]))).toContain(
      'forced by disk[0].type',
    )
  })

  test('why something is replaced is said with the attribute, and of a set without its elements', () => {
    const replaced = (action_reason: string, ...replace_paths: Json[][]) =>
      foldOf(
        planOf([
          resource('a.b', ['delete', 'create'], { x: 1 }, { x: 2 }, { action_reason, change: { replace_paths } }),
        ]),
      )
    expect(replaced('replace_because_cannot_update', ['x'])).toContain('♻️ a.b — replace, forced by x')
    expect(replaced('replace_because_cannot_update')).toContain("♻️ a.b — replace, it can't be changed in place")
    expect(replaced('replace_by_request', ['x'])).toContain('♻️ a.b — replace, asked for with -replace, forced by x')
    expect(replaced('replace_by_triggers')).toContain('♻️ a.b — replace, triggered by replace_triggered_by')
    const element = { name: 'n', password: 'short' }
    const text = replaced('replace_because_cannot_update', ['disk', element, 'name'], ['disk', element, 'size'])
    expect(text).toContain('♻️ a.b — replace, forced by disk')
    expect(text).not.toContain('short')
  })

  test('what a policy newly allows to everybody is said without opening the fold', () => {
    const policy = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: '*', Resource: 'arn:x' }] })
    expect(foldOf(planOf([resource('a.b', ['create'], null, { policy })]))).toContain(
      '🟢 a.b — create, ⚠️ its policy newly allows any action',
    )
    expect(foldOf(planOf([resource('a.b', ['delete'], { policy }, null)]))).not.toContain('⚠️')
  })

  test('an attribute known later is named apart, unless it forces the replacement', () => {
    const change = { after_unknown: { id: true, ami: true }, replace_paths: [['ami']] }
    const text = foldOf(planOf([resource('a.b', ['delete', 'create'], { id: '1', ami: 'x' }, {}, { change })]))
    expect(text).toContain('! ami = "x" -> (known after apply)  # forces replacement')
    expect(text).toContain('# known after apply: id\n')
  })

  test('a check that could not be evaluated is told of too, one that passes is not', () => {
    const check = (status: string) => ({ status, address: { to_display: `check.${status}` }, instances: [] })
    const text = foldOf(planOf([], { checks: ['error', 'pass', 'unknown'].map(check) }))
    expect(text).toContain('⚠️ check.error')
    expect(text).not.toMatch(/check\.(pass|unknown)/)
  })

  test('a change whose values stay the same is not shown as an empty fold', () => {
    expect(foldOf(planOf([resource('a.b', ['update'], { x: 1 }, { x: 1 })]))).toContain(
      'the values that the plan shows stay the same',
    )
  })

  test('an update that also moves and imports', () => {
    const more = { previous_address: 'a.old', change: { importing: { identity: { region: 'eu-west-1' } } } }
    const html = htmlOf(markdownOf(planOf([resource('a.b', ['update'], { x: 1 }, { x: 2 }, more)])))
    expect(summariesOf(html)).toEqual(['🟡 a.b — change, moved from a.old, imported as {"region":"eu-west-1"}'])
  })

  test('data sources that are read share one fold', () => {
    const reads = ['data.a.b', 'data.a.c'].map((address) =>
      resource(address, ['read'], null, {}, { mode: 'data', action_reason: 'read_because_dependency_pending' }),
    )
    const html = htmlOf(markdownOf(planOf(reads)))
    expect(summariesOf(html)).toEqual(['📖 2 read during the apply'])
    expect(textOf(html)).toContain('it depends on changes of this plan')
  })

  test('drift stands apart from the plan, with one line per attribute', () => {
    const drift = [
      resource('a.gone', ['delete'], { id: '1' }, null),
      resource('a.b', ['update'], { size: 1, same: 2 }, { size: 3, same: 2 }),
    ]
    const text = foldOf(planOf([], { resource_drift: drift }))
    expect(text).toContain('🌊 Changed outside Terraform (2)')
    expect(text).toContain('- a.gone  # no longer exists\n  a.b\n!   size = 1 -> 3\n')
  })

  test('invoked actions and what is put off are told of', () => {
    const plan = planOf([], {
      applyable: true,
      complete: false,
      action_invocations: [
        {
          address: 'action.aws_lambda_invoke.warm',
          config_values: { name: 'app', token: 'secret-1' },
          config_sensitive: { token: true },
          config_unknown: {},
          lifecycle_action_trigger: { triggering_resource_address: 'a.b', action_trigger_event: 'AfterCreate' },
        },
      ],
      deferred_changes: [
        { reason: 'instance_count_unknown', resource_change: resource('a.later', ['create'], null, {}) },
      ],
    })
    const text = foldOf(plan)
    expect(text).toContain('▶️ action.aws_lambda_invoke.warm — invoke action, AfterCreate of a.b')
    expect(text).toContain('+   token = (sensitive value)')
    expect(text).not.toContain('secret-1')
    expect(text).toMatch(/a\.later\s+how many there will be is not known yet/)
    expect(text).toContain('another plan and apply will be needed')
  })
})

describe('plans without changes', () => {
  test('are one line', () => {
    const html = htmlOf(markdownOf(planOf([resource('a.b', ['no-op'], { x: 1 }, { x: 1 })], { applyable: false })))
    expect(html).toContain('<p>No changes. Everything is as the configuration says.</p>')
    expect(summariesOf(html)).toEqual([])
    expect(titleOf(reportOf(PLANNED, planOf([])))).toBe('No changes')
  })

  test.each<[string, Partial<Plan>, RegExp]>([
    ['an update of the state', { applyable: true }, /the apply updates the state/],
    ['an action', { applyable: false, action_invocations: [{ address: 'action.a.b' }] }, /the apply invokes actions/],
    ['a deferred change', { applyable: false, deferred_changes: [{ reason: 'x' }] }, /put off to a later plan/],
    ['a deferred action', { applyable: false, deferred_action_invocations: [{}] }, /put off to a later plan/],
    ['a part of the whole', { complete: false }, /another plan and apply will be needed/],
    ['a planning that failed', { errored: true, applyable: false }, /Planning failed midway/],
  ])('say so when there is %s all the same', (_, part, words) => {
    const markdown = markdownOf(planOf([], part))
    expect(markdown).toMatch(words)
    expect(markdown).not.toContain('Everything is as the configuration says')
  })

  test('whose title claims no more', () => {
    const title = (part: Partial<Plan>) => titleOf(reportOf(PLANNED, planOf([], part)))
    expect(title({ action_invocations: [{}] })).toBe('No resource and no output changes')
    expect(title({ deferred_changes: [{}] })).toBe('No resource and no output changes')
    expect(title({ applyable: false })).toBe('No changes')
  })
})

test('the effort for alike elements is that of the report, not of each list', () => {
  const alike = (y: number) => Object.fromEntries(Array.from('abcdefghijklmnopqrst', (key) => [key, y]))
  const maps = (x: number): Json[] => Array.from({ length: 50 }, (_, index) => ({ ...alike(index + 1), x }))
  const [before, after] = [{ list: maps(1) }, { list: maps(2) }]
  const addresses = Array.from({ length: 250 }, (_, index) => `a.b[${String(index).padStart(3, '0')}]`)
  const folds = markdownOf(planOf(addresses.map((address) => resource(address, ['update'], before, after)))).split(
    '<details>',
  )
  expect(folds.at(1)).toContain('!     x = 1 -> 2')
  expect(folds.at(-1)).not.toContain('!     x = 1 -> 2')
  expect(folds.at(-1)).toContain('-     x = 1')
})

test('what is not compared is always named', () => {
  expect(textOf(htmlOf(markdownOf(planOf([]), { notCompared: ['a.b.stamp', 'c.*'] })))).toContain(
    'Not compared with the reviewed plan: a.b.stamp, c.*',
  )
})

test('the footer names plan, commit, tool, time taken and run', () => {
  const html = htmlOf(markdownOf(planOf([])))
  expect(textOf(html).trim().split('\n').at(-1)).toBe(
    'plan ab12cd34ef56 · commit 4f3c2b1a0987 · Terraform 1.11.4 · 41 s · run 88',
  )
  expect(html).toContain('<a href="https://github.com/octo/infra/actions/runs/88">run 88</a>')
})
