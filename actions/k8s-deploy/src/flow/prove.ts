import { parseDuration } from '../../../../lib/action/inputs.ts'
import { counted } from '../../../../lib/markdown/words.ts'
import { collect, suspectOf } from '../evidence/collect.ts'
import { DeployError, type FailureReason, failureReasons } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, keyOf, type Ref } from '../kube/objects.ts'
import { type Judged, type Observer, type Outcome, observe } from '../rollout/observe.ts'
import type { Validated } from '../rollout/validate.ts'
import { type Attempt, offTheClock, timeLeft } from './attempt.ts'

/** What is to be ready, and the manifest that it comes from. */
export type Proved = Pick<Validated, 'ref' | 'manifest'>

/**
 * Waits until everything is ready and has stayed so.
 *
 * @throws DeployError for what failed, with the evidence in the story by then
 */
export async function prove(attempt: Attempt, proved: readonly Proved[], soakMs: number): Promise<void> {
  const { session, story, plan, signal } = attempt
  const observer = observe(session.cluster, {
    app: session.inputs.app,
    objects: proved.map(({ ref, manifest }) => ({ ref, ...ownTimeout(manifest.object) })),
    deployedAt: plan.deployedAt,
    onVerdict(ref, { state, reason, message }) {
      story.verdict(ref, state, message)
      if (reason !== 'applied' && state !== 'unknown') session.log.info(`${describeRef(ref)}: ${state} (${reason})`)
    },
  })
  try {
    await demand(attempt, proved, observer, await observer.untilReady({ timeoutMs: timeLeft(attempt), signal }))
    story.tell(`${counted(proved.length, 'object')} ready`)
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
  const failed = [outcome, ...observer.snapshot().filter(({ verdict }) => verdict.state === 'failed')]
  const suspects = [...new Map(failed.toReversed().map((one) => [keyOf(one.object), one])).values()].toReversed()
  story.tell(outcome.verdict.message)
  story.evidence.push(
    ...(await collect(
      session.cluster,
      suspects.map((suspect) => suspectOf(observer, suspect)),
    )),
  )
  throw failureOf(outcome, find(proved, outcome.object))
}

function find(objects: readonly Proved[], ref: Ref): Proved | undefined {
  return objects.find((one) => keyOf(one.ref) === keyOf(ref))
}

function failureOf({ object, verdict }: Judged, validated: Proved | undefined): DeployError {
  const { reason, message, remedy, pod, container } = verdict
  return new DeployError({
    reason: isReason(reason) ? reason : 'timeout',
    message,
    object,
    ...(remedy === undefined ? {} : { remedy }),
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
    ...(validated === undefined ? {} : { source: validated.manifest.source }),
  })
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
