import { setTimeout as sleep } from 'node:timers/promises'
import { counted } from '../../../../lib/markdown/words.ts'
import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { describeRef, keyOf, refOf } from '../kube/objects.ts'
import { runsOnce } from '../manifests/hooks.ts'
import { applyWaves } from '../rollout/apply.ts'
import { describeGate, type Gate, runGate } from '../rollout/gates.ts'
import { runHooks } from '../rollout/hooks.ts'
import { dismiss, removeForGood } from '../rollout/remove.ts'
import type { Validated } from '../rollout/validate.ts'
import { answersFor } from '../strategies/canary.ts'
import { type Attempt, offTheClock, timeLeft } from './attempt.ts'
import { handOverReplicas } from './hand-over.ts'
import { appOf } from './home.ts'
import { timeoutOf } from './prove.ts'
import { evidenceAbout, testedBy } from './tested.ts'

/** Writes what changes, and keeps account of it. */
export async function write(attempt: Attempt, objects: readonly Validated[]): Promise<void> {
  const { session, story, plan, signal, written } = attempt
  const changing = objects.filter(({ write: how, ref }) => how !== 'skip' && !written.has(keyOf(ref)))
  if (changing.length > 0) story.tell(`Applying ${counted(changing.length, 'object')}`)
  await handOverReplicas(session, objects, plan.scaled)
  const applied = await applyWaves(session.cluster, objects, {
    ...appOf(session),
    fieldManager: session.inputs.fieldManager,
    force: session.inputs.forceConflicts,
    signal,
    onWritten: (ref) => story.fate(ref, 'left'),
  })
  for (const { ref } of applied) written.add(keyOf(ref))
  for (const { ref, fate } of applied) story.fate(ref, plan.made.has(keyOf(ref)) ? 'created' : fate)
}

/** @throws DeployError `hook-failed` */
export async function hooks(attempt: Attempt, phase: string, manifests: readonly Manifest[]): Promise<void> {
  if (manifests.length === 0) return
  const { session, story, plan, signal } = attempt
  const result = await session.log.foreign(`${phase} hooks`, (line) =>
    runHooks(session.cluster, manifests, {
      ...appOf(session),
      fieldManager: session.inputs.fieldManager,
      force: session.inputs.forceConflicts,
      deployedAt: plan.deployedAt,
      timeoutMs: timeLeft(attempt),
      timeoutOf,
      signal,
      onHook: (ref) => story.fate(ref, 'left'),
      onLine: ({ pod, line: text }) => line(`${pod}: ${text}`),
    }),
  )
  if (result.kind === 'failed') {
    story.tell(result.failure.message)
    story.evidence.push(...result.evidence)
    throw new DeployError(result.failure)
  }
  for (const { object } of manifests) story.fate(refOf(object), runsOnce(object) ? 'ran' : 'created')
  story.tell(`${counted(manifests.length, 'hook')} of ${phase} done`)
}

/**
 * @param share of the requests that the new version has, 0 to 1
 * @throws DeployError `gate-failed`, with the evidence in the story by then
 */
export async function gates(attempt: Attempt, asked = attempt.session.inputs.gates, share = 1): Promise<void> {
  const { session, story, signal } = attempt
  const answers = share < 1 ? answersFor(share) : undefined
  for (const gate of asked) {
    const deps = {
      fetch: globalThis.fetch,
      now: () => performance.now(),
      sleep: (milliseconds: number, aborted: AbortSignal) => sleep(milliseconds, undefined, { signal: aborted }),
      prometheusUrl: session.inputs.prometheusUrl,
    }
    await offTheClock(attempt, () => runGate(gate, deps, signal, answers)).catch((error: unknown) =>
      showTested(attempt, share, error),
    )
    story.tell(`Gate passed: \`${describeGate(gate)}\``)
  }
}

/** The pods and their logs are gone when everything is put back. */
async function showTested(attempt: Attempt, share: number, error: unknown): Promise<never> {
  const { story, signal } = attempt
  if (signal.aborted || !(error instanceof DeployError)) throw error
  const { failure } = error
  story.tell(failure.message)
  const evidence = await evidenceAbout(attempt, testedBy(attempt, share))
  story.evidence.push(...evidence)
  if (failure.reason !== 'gate-failed' || evidence.length === 0) throw error
  const remedy = [failure.remedy, 'The logs of the new pods are in the job summary.'].filter(Boolean).join(' ')
  throw new DeployError({ ...failure, remedy }, error)
}

/** Those that show what is plainly broken without waiting for figures. */
export function httpGates({ session }: Attempt): Gate[] {
  return session.inputs.gates.filter(({ kind }) => kind === 'http')
}

/** What no longer serves, and what left the manifests: last, when all is proved. */
export async function retire({ session, story, plan, signal }: Attempt): Promise<void> {
  for (const object of plan.retired) {
    signal.throwIfAborted()
    await dismiss(session.cluster, object)
    story.fate(refOf(object), 'retired')
    story.tell(`${describeRef(refOf(object))} no longer serves and is deleted`)
  }
  for (const object of plan.prunable.toReversed()) {
    await removeForGood(session.cluster, object, signal)
    story.fate(refOf(object), 'pruned')
  }
  if (plan.prunable.length > 0) story.tell(`${counted(plan.prunable.length, 'object')} pruned`)
}
