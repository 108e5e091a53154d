import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { UserError } from '../../../../lib/action/errors.ts'
import { findDestroys } from '../gate/destroy-guard.ts'
import { PLANNED, reportOf } from '../render/fixtures/build.ts'
import { commentBodies, fullReport, titleOf } from '../render/report.ts'
import { canonicalPlan, fingerprintOf } from './canonical.ts'
import { type Recorded, recordedText } from './fixtures/index.ts'
import { readPlan } from './format.ts'
import { sensitiveValues } from './sensitive.ts'

/** All that is done with a plan that something else made (`mode: render`), but for telling it. */
function use(text: string): 'refused' | 'shown' {
  try {
    const plan = readPlan(text)
    const secrets = sensitiveValues(plan)
    fingerprintOf(
      canonicalPlan(plan, { tool: 'Terraform', providers: {}, key: undefined, notCompared: () => false }),
      undefined,
    )
    findDestroys(plan, ['terraform_data.*'], { kind: 'percent', percent: 10 })
    const report = reportOf(PLANNED, plan)
    const redact = (shown: string): string => (secrets.has(shown) ? '***' : shown)
    fullReport(report, redact)
    commentBodies(report, redact, { bytes: 20_000, parts: 2, fullReport: 'the summary' })
    titleOf(report)
    return 'shown'
  } catch (error) {
    if (error instanceof UserError && error.reason === 'invalid-input') return 'refused'
    throw error
  }
}

type Holder = Record<string, unknown>

/** Every place of a document but those beneath `planned_values`, which nobody reads. */
function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || path[0] === 'planned_values') return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesOf(inner, [...path, key])])
}

function withPart(text: string, path: readonly string[], part: unknown): string {
  const plan = JSON.parse(text) as Holder
  const holder = path.slice(0, -1).reduce<Holder>((inner, key) => inner[key] as Holder, plan)
  const last = path.at(-1) ?? ''
  if (part === undefined) delete holder[last]
  else holder[last] = part
  return JSON.stringify(plan)
}

const WRONG: unknown[] = [
  undefined,
  null,
  true,
  7,
  'x',
  [],
  ['x'],
  [null],
  [[null]],
  {},
  { x: null },
  { toString: 1, valueOf: 1 },
]

test.each<Recorded>(['changes', 'provisioned'])('%s with anything in place of any of its parts', (name) => {
  const text = recordedText(name)
  const places = placesOf(JSON.parse(text))
  const outcomes = { refused: 0, shown: 0 }
  const part = fc.oneof(fc.constantFrom(...WRONG), fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(fc.constantFrom(...places), part, (path, value) => {
      outcomes[use(withPart(text, path, value))]++
    }),
    { numRuns: 300 },
  )
  expect(outcomes.refused).toBeGreaterThan(0)
  expect(outcomes.shown).toBeGreaterThan(0)
})

test('values as deep as a plan may have them', () => {
  const nested = (levels: number, inner: unknown): unknown =>
    Array.from({ length: levels }).reduce<unknown>(
      (value, _, level) => (level % 2 === 0 ? [value] : { x: value }),
      inner,
    )
  const text = recordedText('changes')
  for (const path of [
    ['resource_changes', '1', 'change', 'after', 'input'],
    ['resource_changes', '1', 'change', 'after_unknown'],
    ['output_changes', 'new', 'after'],
    ['checks', '0'],
    ['something_new'],
  ]) {
    expect(use(withPart(text, path, nested(490, 'deep')))).toBe('shown')
    expect(use(withPart(text, path, nested(510, 'deep')))).toBe('refused')
  }
})
