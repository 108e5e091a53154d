import type { Block } from '../../../../lib/markdown/blocks.ts'
import { effectOf, type Plan, type ResourceChange } from '../plan/format.ts'
import { diffAttributes } from './diff.ts'
import { NOTHING_FORCED } from './forced.ts'
import { cutLine, line } from './literal.ts'
import { byRisk } from './look.ts'
import type { Redact } from './model.ts'
import { sidesOf } from './resource.ts'
import type { Effort } from './similarity.ts'

/** What something other than Terraform has changed since the last apply, apart from what the plan is to do about it. */
export function driftBlocks(plan: Plan, redact: Redact, effort: Effort): Block[] {
  const drift = (plan.resource_drift ?? []).toSorted(byRisk)
  if (drift.length === 0) return []
  const lines = drift.flatMap((resource) => driftLines(resource, redact, effort))
  return [
    {
      kind: 'fold',
      summary: `🌊 Changed outside Terraform (${drift.length})`,
      blocks: [{ kind: 'fence', language: 'diff', lines }],
    },
  ]
}

function driftLines(resource: ResourceChange, redact: Redact, effort: Effort): string[] {
  const address = cutLine(redact(resource.address))
  if (effectOf(resource.change) === 'delete') return [line('-', 0, `${address}  # no longer exists`)]
  const { before, after } = sidesOf(resource.change)
  const { lines } = diffAttributes(before, after, { redact, forced: NOTHING_FORCED, effort }, 1)
  const moved = resource.previous_address === undefined ? '' : `  # was ${cutLine(redact(resource.previous_address))}`
  return [line(' ', 0, `${address}${moved}`), ...lines]
}
