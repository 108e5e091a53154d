import type { Block } from '../../../../lib/markdown/blocks.ts'
import { type Change, effectOf, type Json, type Plan } from '../plan/format.ts'
import { diffAttributes } from './diff.ts'
import { NOTHING_FORCED } from './forced.ts'
import { head, placeAt, valueLines } from './literal.ts'
import type { Redact } from './model.ts'
import { sidesOf } from './resource.ts'
import type { Effort } from './similarity.ts'
import { unmarked, type Value } from './value.ts'

/** The outputs that a plan changes, as one fold. */
export function outputChangeBlocks(plan: Plan, redact: Redact, effort: Effort): Block[] {
  const changed = Object.entries(plan.output_changes ?? {}).filter(([, change]) => effectOf(change) !== 'no-op')
  if (changed.length === 0) return []
  const { before, after } = asAttributes(changed)
  const { lines } = diffAttributes(before, after, { redact, forced: NOTHING_FORCED, effort })
  return [fold(`Output changes (${changed.length})`, lines, 'diff')]
}

/** The outputs after an apply. Sensitive ones are counted, not shown. */
export function outputValueBlocks(
  outputs: readonly { name: string; value: Json }[],
  hidden: number,
  redact: Redact,
): Block[] {
  if (outputs.length + hidden === 0) return []
  const lines = outputs.flatMap(({ name, value }) =>
    valueLines(' ', placeAt(head(name, redact)), unmarked(value), redact),
  )
  const unseen = hidden > 0 ? [`# ${hidden} sensitive output${hidden === 1 ? '' : 's'} not shown`] : []
  return [fold(`Outputs (${outputs.length + hidden})`, [...lines.map((line) => line.slice(2)), ...unseen], 'hcl')]
}

function fold(summary: string, lines: string[], language: string): Block {
  return { kind: 'fold', summary, blocks: [{ kind: 'fence', language, lines }] }
}

/** Outputs together look like the attributes of one object. */
function asAttributes(changed: readonly [string, Change][]): { before: Value; after: Value } {
  const sides = changed.map(([name, change]) => ({ name, ...sidesOf(change) }))
  const collect = (side: 'before' | 'after', key: keyof Value): Json =>
    Object.fromEntries(sides.map((entry) => [entry.name, entry[side][key] ?? null]))
  const all = (side: 'before' | 'after'): Value => ({
    json: collect(side, 'json'),
    sensitive: collect(side, 'sensitive'),
    unknown: collect(side, 'unknown'),
  })
  return { before: all('before'), after: all('after') }
}
