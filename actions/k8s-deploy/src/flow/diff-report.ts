import type { ObjectDiff } from '../diff/diff.ts'
import { type Differences, differencesOf } from '../diff/of-validation.ts'
import type { Failure } from '../failure.ts'
import { describeRef, keyOf, type Ref, refOf } from '../kube/objects.ts'
import { usersOf } from '../manifests/config-hash.ts'
import type { DiffReport, HookDiff } from '../report/diff-model.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Session } from '../session.ts'
import type { AppName } from '../state/own-objects.ts'
import { isOwn } from '../state/ownership.ts'
import { withoutSide } from '../strategies/blue-green.ts'
import { appOf } from './home.ts'
import type { Plan } from './plan.ts'

/** What a plan would do, for a reader. `key` is that of digests. */
export function diffReport(session: Session, plan: Plan, key: Buffer): DiffReport {
  const options = { digestKey: key, redact: session.redact }
  const shown = plan.objects.map((object) => asServing(object, plan))
  const { diffs, uncompared } = differencesOf(shown, plan.prunable, plan.scaled, options)
  const hooked = differencesOf(plan.hooked, [], plan.scaled, options)
  const restarted = restartedBy(diffs, shown)
  const touched = new Set(
    [...diffs.filter(({ change }) => change !== 'none').map(({ object }) => object), ...restarted].map(keyOf),
  )
  return {
    ...diffsOfNothing(session, plan.problems),
    diffs: withSides(diffs, plan),
    hooks: hooksOf(hooked, plan),
    uncompared: [...uncompared, ...hooked.uncompared],
    notes: [
      ...plan.notes,
      ...switches(plan, touched, appOf(session)),
      ...restarted.map((ref) => `The pods of ${describeRef(ref)} restart, since configuration that they use changes.`),
    ],
  }
}

/** What is wrong with manifests that can't be compared at all. */
export function diffsOfNothing({ inputs, namespace, context }: Session, problems: Failure[]): DiffReport {
  const { sha: commit, runUrl } = context
  const target = targetOf(inputs)
  const nothing = { diffs: [], hooks: [], uncompared: [], notes: [] }
  return { app: inputs.app, namespace, ...(target ? { target } : {}), ...nothing, problems, commit, runUrl }
}

/** Which of several clusters that have the app in a namespace of the same name. */
export function targetOf({ environment, access: { context } }: Session['inputs']): DiffReport['target'] {
  if (environment !== undefined) return { kind: 'environment', name: environment }
  return context === undefined ? undefined : { kind: 'context', name: context }
}

/** Blue-green makes a new object beside the serving one, and what a reader wants to know is what changes for those whom it serves. */
function asServing(object: Validated, { serving, switched }: Plan): Validated {
  const { after } = object
  const before = serving.get(keyOf(object.ref)) ?? (switched.has(keyOf(object.ref)) ? object.before : undefined)
  if (before === undefined || after === undefined) return object
  return { ...object, before: withoutSide(before), after: withoutSide(after), change: 'change' }
}

function withSides(diffs: readonly ObjectDiff[], { objects }: Plan): ObjectDiff[] {
  const sides = objects.flatMap(({ ref, manifest }) => {
    const plain = refOf(withoutSide(manifest.object))
    return plain.name === ref.name ? [] : [{ key: keyOf(plain), ref, plain }]
  })
  return diffs.map((diff) => {
    const side = sides.find(({ key, ref }) => [key, keyOf(ref)].includes(keyOf(diff.object)))
    return side === undefined || diff.change === 'none' ? diff : { ...diff, object: side.plain, side: side.ref.name }
  })
}

/** A Job is made anew in any case: what counts is whether it is another one. */
function hooksOf({ diffs }: Differences, { hooks }: Plan): HookDiff[] {
  const last = new Set(hooks.postDeploy.map(({ object }) => keyOf(refOf(object))))
  return diffs.map((diff) => ({
    phase: last.has(keyOf(diff.object)) ? 'post-deploy' : 'pre-deploy',
    diff: diff.change === 'replace' && diff.lines.length === 0 ? { ...diff, change: 'none' } : diff,
  }))
}

/** @param touched keys of what changes or restarts: digests of configuration alone may differ for want of the key */
function switches({ switched, serving, objects }: Plan, touched: ReadonlySet<string>, app: AppName): string[] {
  const old = [...serving.values()]
  if (!old.some((object) => touched.has(keyOf(refOf(withoutSide(object)))))) return []
  const services = objects.filter(({ ref, before }) => before !== undefined && switched.has(keyOf(ref)))
  return [
    ...services.map(({ ref }) => `${describeRef(ref)} is switched to the new pods when they have proved themselves.`),
    ...old
      .filter((object) => isOwn(object, app))
      .map((object) => `${describeRef(refOf(object))} goes after the switch.`),
  ]
}

/** What a change of configuration does to pods whose own manifests don't change. */
function restartedBy(diffs: readonly ObjectDiff[], shown: readonly Validated[]): Ref[] {
  const changed = new Set(diffs.filter(({ change }) => change === 'change').map(({ object }) => keyOf(object)))
  const live = shown
    .filter(({ before }) => before !== undefined)
    .map(({ manifest }) => ({ ...manifest, object: withoutSide(manifest.object) }))
  const configs = live.filter(({ object }) => changed.has(keyOf(refOf(object)))).map(({ object }) => object)
  const still = live.filter(({ object }) => !changed.has(keyOf(refOf(object)))).map(({ object }) => object)
  return usersOf(configs, still).map(refOf)
}
