import { parseDuration } from '../../../../lib/action/inputs.ts'
import { counted } from '../../../../lib/markdown/words.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { collect, suspectOf } from '../evidence/collect.ts'
import { withLastLine } from '../evidence/last-line.ts'
import { DeployError, type Failure, type FailureReason, failureReasons } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, keyOf, type Ref } from '../kube/objects.ts'
import type { Evidence } from '../report/model.ts'
import { type Judged, type Observer, type Outcome, observe } from '../rollout/observe.ts'
import type { Validated } from '../rollout/validate.ts'
import { type Attempt, offTheClock, timeLeft } from './attempt.ts'

/** What is to be ready, and the manifest that it comes from. */
export type Proved = Pick<Validated, 'ref' | 'manifest'>

/**
 * Waits until everything is ready and has stayed so; Jobs that were done before are.
 *
 * @throws DeployError for what failed, with the evidence in the story by then
 */
export async function prove(attempt: Attempt, all: readonly Proved[], soakMs: number): Promise<void> {
  const { session, story, plan, signal, done } = attempt
  const proved = all.filter(({ ref }) => !done.has(keyOf(ref)))
  const observer = observe(session.cluster, {
    app: session.inputs.app,
    objects: proved.map(({ ref, manifest }) => ({ ref, ...ownTimeout(manifest.object) })),
    deployedAt: plan.deployedAt,
    onVerdict(ref, { state, reason, message }) {
      story.verdict(ref, state, message)
      if (ref.kind === 'Job' && state === 'ready') done.add(keyOf(ref))
      if (reason !== 'applied' && state !== 'unknown') session.log.info(`${describeRef(ref)}: ${state} (${reason})`)
    },
  })
  try {
    await demand(attempt, proved, observer, await observer.untilReady({ timeoutMs: timeLeft(attempt), signal }))
    story.tell(`${counted(all.length, 'object')} ready`)
    const soaked = await offTheClock(attempt, () => observer.soak(soakMs, signal))
    await demand(attempt, proved, observer, soaked)
  } finally {
    for (const note of observer.notes()) story.note(note)
    await observer.close()
  }
}

/** Collects what shows the failure before anybody takes it away. */
async function demand(
  { session, story }: Attempt,
  proved: readonly Proved[],
  observer: Observer,
  outcome: Outcome,
): Promise<void> {
  if (outcome.kind === 'ready') return
  story.tell(outcome.verdict.message)
  const evidence = await evidenceOf(session.cluster, observer, outcome)
  story.evidence.push(...evidence)
  const failure = failureOf(outcome, evidence)
  story.verdict(outcome.object, 'failed', failure.message)
  const source = find(proved, outcome.object)?.manifest.source
  throw new DeployError({ ...failure, ...(source === undefined ? {} : { source }) })
}

/** Of all that has failed by now, first of what is told. */
export async function evidenceOf(cluster: Cluster, observer: Observer, told: Judged): Promise<Evidence[]> {
  const failed = [told, ...observer.snapshot().filter(({ verdict }) => verdict.state === 'failed')]
  const suspects = [...new Map(failed.toReversed().map((one) => [keyOf(one.object), one])).values()].toReversed()
  return collect(
    cluster,
    suspects.map((suspect) => suspectOf(observer, suspect)),
  )
}

function find(objects: readonly Proved[], ref: Ref): Proved | undefined {
  return objects.find((one) => keyOf(one.ref) === keyOf(ref))
}

export function failureOf({ object, verdict }: Judged, evidence: readonly Evidence[]): Failure {
  const { reason, remedy, pod, container } = verdict
  return {
    reason: isReason(reason) ? reason : 'timeout',
    message: withLastLine(verdict, evidence),
    object,
    ...(remedy === undefined ? {} : { remedy }),
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
  }
}

function isReason(word: string): word is FailureReason {
  return failureReasons.some((reason) => reason === word)
}

/** By its annotation, which was checked when the plan was made. */
export function timeoutOf(object: KubeObject | undefined): number | undefined {
  return parseDuration(object?.metadata.annotations?.[names.timeout] ?? '')
}

function ownTimeout(object: KubeObject | undefined): { timeoutMs?: number } {
  const timeoutMs = timeoutOf(object)
  return timeoutMs === undefined ? {} : { timeoutMs }
}
