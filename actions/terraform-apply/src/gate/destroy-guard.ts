import { isAtLeast, type Labelling, type Permission } from '../../../../lib/github/pull-requests.ts'
import { configurationAddress, matcher, pathText } from '../plan/address.ts'
import { effectOf, type Plan, type ResourceChange, resourceChanges, type StateModule } from '../plan/format.ts'

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
  const destroys = resourceChanges(plan).flatMap((resource) => {
    const effect = effectOf(resource.change)
    if (resource.mode !== 'managed' || (effect !== 'delete' && effect !== 'replace')) return []
    return [{ resource, effect }]
  })
  return {
    protected: destroys
      .filter(({ resource }) => namesOf(resource).some(isProtected))
      .map(({ resource: { address, change }, effect }) => ({
        address,
        effect,
        because: effect === 'replace' ? (change.replace_paths ?? []).map(pathText).sort() : [],
      })),
    tooMany:
      limit && exceeds(destroys.length, limit, plan)
        ? { destroys: destroys.length, limit: describeLimit(limit) }
        : undefined,
  }
}

/**
 * What a glob may call an object by. A proposal can give it another address (a `moved` block, or a count that adds an
 * index), so the one it had counts as well, and both without their instance keys.
 */
function namesOf({ type, address, previous_address }: ResourceChange): string[] {
  const addresses = previous_address === undefined ? [address] : [address, previous_address]
  return [type, ...addresses, ...addresses.map(configurationAddress)]
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
