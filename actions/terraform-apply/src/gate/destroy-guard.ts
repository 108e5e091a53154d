import { isAtLeast, type Labelling, type Permission } from '../../../../lib/github/pull-requests.ts'
import { matcher } from '../plan/address.ts'
import { effectOf, type Plan, resourceChanges, type StateModule } from '../plan/format.ts'

/** A share of the managed resources, or a number of them. */
export type DestroyLimit = { kind: 'count'; count: number } | { kind: 'percent'; percent: number }

export interface GuardFindings {
  /** Resources that hold data, or were named, and would be destroyed or replaced. */
  protected: { address: string; effect: 'delete' | 'replace'; because: string[] }[]
  /** Set when more objects would be destroyed or replaced than `max-destroy` allows. */
  tooMany: { destroys: number; limit: string } | undefined
}

/** What in the plan needs somebody's express consent. */
export function findDestroys(
  plan: Plan,
  protectedGlobs: readonly string[],
  limit: DestroyLimit | undefined,
): GuardFindings {
  const isProtected = matcher(protectedGlobs)
  const destroys = resourceChanges(plan).flatMap(({ address, type, mode, change }) => {
    const effect = effectOf(change)
    if (mode !== 'managed' || (effect !== 'delete' && effect !== 'replace')) return []
    return [{ address, type, effect, because: (change.replace_paths ?? []).map((path) => path.join('.')).sort() }]
  })
  return {
    protected: destroys
      .filter(({ address, type }) => isProtected(type) || isProtected(address))
      .map(({ address, effect, because }) => ({ address, effect, because: effect === 'replace' ? because : [] })),
    tooMany:
      limit && exceeds(destroys.length, limit, plan)
        ? { destroys: destroys.length, limit: describeLimit(limit) }
        : undefined,
  }
}

export function needsConsent(findings: GuardFindings): boolean {
  return findings.protected.length > 0 || findings.tooMany !== undefined
}

/**
 * Does the label stand on the pull request, put there by somebody who may consent: with the permission, not the author,
 * after the plan could be seen? Returns why not.
 *
 * @param labellings every putting on and taking off, oldest first
 */
export function consentBarrier(
  label: string,
  labellings: readonly Labelling[],
  permissions: ReadonlyMap<string, Permission>,
  rule: { author: string; minimum: Permission; plannedAt: Date },
): string | undefined {
  const last = labellings.filter((labelling) => labelling.label === label).at(-1)
  if (last?.kind !== 'labeled') return `the label ${label} is not on the pull request`
  if (last.actorIsBot) return `the label ${label} was put on by the bot ${last.actor}`
  if (last.actor.toLowerCase() === rule.author.toLowerCase())
    return `the label ${label} was put on by the pull request's author`
  if (last.at <= rule.plannedAt) return `the label ${label} is older than the plan`
  const permission = permissions.get(last.actor.toLowerCase()) ?? 'none'
  if (!isAtLeast(permission, rule.minimum))
    return `the label ${label} was put on by ${last.actor}, whose permission is ${permission}; ${rule.minimum} is needed`
  return undefined
}

function exceeds(destroys: number, limit: DestroyLimit, plan: Plan): boolean {
  if (limit.kind === 'count') return destroys > limit.count
  const managed = countManaged(plan.prior_state?.values?.root_module)
  return destroys * 100 > limit.percent * managed
}

function countManaged(module: StateModule | undefined): number {
  const own = (module?.resources ?? []).filter(({ mode }) => mode === 'managed').length
  return (module?.child_modules ?? []).reduce((sum, child) => sum + countManaged(child), own)
}

function describeLimit(limit: DestroyLimit): string {
  return limit.kind === 'count' ? String(limit.count) : `${limit.percent}%`
}
