// Custom resources: rules for the well-known, the conventions of kstatus for all others.
import { groupOf, type KubeObject } from '../kube/objects.ts'
import { type Condition, conditionsOf } from './conditions.ts'
import {
  type ConditionIs,
  type CustomRule,
  conventions,
  crossplaneGroups,
  crossplaneRule,
  customRules,
  silenceMs,
} from './custom-rules.ts'
import { at, later, listAt, momentAt, textAt } from './read.ts'
import { failed, inProgress, oneLine, ready } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

type Rule = Partial<CustomRule> & Pick<CustomRule, 'failed'>

/**
 * Judges by the rule of the resource's kind, or by its conditions. One without a status may have a controller that is
 * about to write it, or none at all: it counts as ready when it has stayed silent for 15 s of its life.
 */
export function assessCustom(object: KubeObject, surroundings: Surroundings): Verdict {
  const rule = ruleOf(object)
  const byPhase = rule.phases && assessPhase(object, rule.phases)
  if (byPhase !== undefined) return byPhase
  const parties = partiesOf(object, rule)
  const failure = parties.map((party) => failureIn(party, rule, surroundings)).find((found) => found !== undefined)
  if (failure !== undefined) return customFailed(object, failure)
  const waiting = parties.map((party) => missingIn(party, rule)).find((found) => found !== undefined)
  if (waiting !== undefined) return inProgress(object, 'waiting-for-conditions', waiting)
  if (isSilent(object, surroundings)) return inProgress(object, 'no-status', 'has no status yet')
  return ready(object)
}

function ruleOf(object: KubeObject): Rule {
  const group = groupOf(object)
  const own = customRules.find((rule) => rule.group === group && rule.kind === object.kind)
  return own ?? (crossplaneGroups.test(group) && isManaged(object) ? crossplaneRule : conventions)
}

/** Providers and configurations of Crossplane itself have no `Synced`. */
function isManaged(object: KubeObject): boolean {
  return conditionsOf(object).some(({ type }) => type === 'Synced')
}

/** The lists of conditions to look at. A rule with parties isn't ready before there is one. */
function partiesOf(object: KubeObject, { parties }: Rule): Condition[][] {
  if (parties === undefined) return [conditionsOf(object)]
  const lists = listAt(object, ...parties).map((party) => conditionsOf(object, party, ['conditions']))
  return lists.length > 0 ? lists : [[]]
}

function failureIn(conditions: Condition[], rule: Rule, { now, deployedAt }: Surroundings): Condition | undefined {
  return conditions.find((condition) => {
    const lastedMs = now.getTime() - later(condition.since ?? deployedAt, deployedAt).getTime()
    return rule.failed.some((bad) => matches(condition, bad) && lastedMs >= bad.graceMs)
  })
}

function matches(condition: Condition, wanted: ConditionIs): boolean {
  return (
    condition.type === wanted.type &&
    condition.status === wanted.status &&
    (wanted.reasons?.includes(condition.reason) ?? true)
  )
}

function missingIn(conditions: Condition[], rule: Rule): string | undefined {
  if (conditions.some((one) => matches(one, { type: 'Reconciling', status: 'True' }))) return 'is being reconciled'
  const wanted = rule.ready ?? conventional(conditions)
  const missing = wanted.find((good) => !conditions.some((one) => matches(one, good)))
  if (missing === undefined) return undefined
  const said = conditions.find(({ type }) => type === missing.type)?.message
  return `is not ${missing.type} yet${said ? `: ${oneLine(said)}` : ''}`
}

function conventional(conditions: Condition[]): ConditionIs[] {
  const type = ['Ready', 'Available'].find((name) => conditions.some((one) => one.type === name))
  return type === undefined ? [] : [{ type, status: 'True' }]
}

function assessPhase(object: KubeObject, phases: NonNullable<CustomRule['phases']>): Verdict {
  const phase = textAt(object, 'status', 'phase') ?? ''
  const message = textAt(object, 'status', 'message')
  if (phases.ready.includes(phase)) return ready(object)
  if (phases.failed.includes(phase)) {
    return failed(object, 'resource-failed', oneLine(`is ${phase}${message === undefined ? '' : `: ${message}`}`))
  }
  return inProgress(object, 'waiting-for-phase', phase === '' ? 'has no status yet' : `is ${oneLine(phase)}`)
}

function customFailed(object: KubeObject, { type, status, reason, message }: Condition): Verdict {
  const why = [reason, message].filter((text) => text !== '').join(': ')
  return failed(
    object,
    'resource-failed',
    oneLine(`its condition ${type} is ${status}${why === '' ? '' : ` (${why})`}`),
    'Look at what its controller says about it.',
  )
}

function isSilent(object: KubeObject, { now, deployedAt }: Surroundings): boolean {
  if (at(object, 'status') !== undefined) return false
  const made = momentAt(object, 'metadata', 'creationTimestamp') ?? deployedAt
  return now.getTime() - made.getTime() < silenceMs
}
