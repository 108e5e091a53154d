import { type Effect, effectOf, type Plan, type ResourceChange, resourceChanges } from './format.ts'

/** How many objects a plan touches in which way. `add` and `destroy` don't count replacements. */
export interface Counts {
  add: number
  change: number
  destroy: number
  replace: number
  import: number
  move: number
  forget: number
  /** Objects that differ from the state because something else changed them. */
  drift: number
  /** Outputs whose value changes. */
  outputs: number
}

const COUNTED: Readonly<Partial<Record<Effect, keyof Counts>>> = {
  create: 'add',
  update: 'change',
  delete: 'destroy',
  replace: 'replace',
  forget: 'forget',
}

export function countChanges(plan: Plan): Counts {
  const counts: Counts = {
    add: 0,
    change: 0,
    destroy: 0,
    replace: 0,
    import: 0,
    move: 0,
    forget: 0,
    drift: 0,
    outputs: 0,
  }
  for (const resource of resourceChanges(plan)) {
    for (const name of countersOf(resource)) counts[name]++
  }
  counts.drift = (plan.resource_drift ?? []).length
  counts.outputs = Object.values(plan.output_changes ?? {}).filter((change) => effectOf(change) !== 'no-op').length
  return counts
}

function countersOf(resource: ResourceChange): (keyof Counts)[] {
  const effect = effectOf(resource.change)
  const counters: (keyof Counts)[] = effect === 'forget-and-create' ? ['forget', 'add'] : []
  const own = COUNTED[effect]
  if (own) counters.push(own)
  if (resource.change.importing !== undefined) counters.push('import')
  if (resource.previous_address !== undefined) counters.push('move')
  return counters
}

/**
 * Does applying the plan do anything? Terraform's own word where the format has it (`applyable`, since 1.8), and what
 * the changes say (OpenTofu and older). A plan that contradicts itself, or only puts changes off, is never "no changes".
 * Exit code 2 isn't asked: with -refresh-only it is set for nothing (hashicorp/terraform#36403).
 */
export function changesAnything(plan: Plan): boolean {
  return plan.applyable === true || hasInvocations(plan) || putsOff(plan) || hasChanges(plan)
}

function hasChanges(plan: Plan): boolean {
  const { drift: _, ...effects } = countChanges(plan)
  return Object.values(effects).some((count) => count > 0)
}

/** Does the apply invoke actions of providers? */
export function hasInvocations(plan: Plan): boolean {
  return (plan.action_invocations ?? []).length > 0
}

/** Does the plan leave changes or actions to a later one? */
export function putsOff(plan: Plan): boolean {
  return [plan.deferred_changes ?? [], plan.deferred_action_invocations ?? []].some(({ length }) => length > 0)
}
