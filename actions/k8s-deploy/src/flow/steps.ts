import { setTimeout as sleep } from 'node:timers/promises'
import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { refOf } from '../kube/objects.ts'
import { applyWaves } from '../rollout/apply.ts'
import { describeGate, runGate } from '../rollout/gates.ts'
import { runHooks } from '../rollout/hooks.ts'
import { removeForGood } from '../rollout/remove.ts'
import type { Validated } from '../rollout/validate.ts'
import { type Attempt, count, timeLeft } from './attempt.ts'
import { handOverReplicas } from './hand-over.ts'
import { timeoutOf } from './prove.ts'

/** Writes what changes, and keeps account of it. */
export async function write({ session, story, plan, signal }: Attempt, objects: readonly Validated[]): Promise<void> {
  const changing = objects.filter(({ write: how }) => how !== 'skip')
  if (changing.length > 0) story.tell(`Applying ${count(changing.length, 'object')}`)
  await handOverReplicas(session, objects, plan.scaled)
  const applied = await applyWaves(session.cluster, objects, {
    fieldManager: session.inputs.fieldManager,
    force: session.inputs.forceConflicts,
    signal,
    onWritten: (ref) => story.fate(ref, 'left'),
  })
  for (const { ref, fate } of applied) story.fate(ref, fate)
}

/** @throws DeployError `hook-failed` */
export async function hooks(attempt: Attempt, phase: string, manifests: readonly Manifest[]): Promise<void> {
  if (manifests.length === 0) return
  const { session, story, plan, signal } = attempt
  const result = await session.log.foreign(`${phase} hooks`, (line) =>
    runHooks(session.cluster, manifests, {
      app: session.inputs.app,
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
  for (const { object } of manifests) story.fate(refOf(object), 'created')
  story.tell(`${count(manifests.length, 'hook')} of ${phase} done`)
}

/** @throws DeployError `gate-failed` */
export async function gates({ session, story, signal }: Attempt): Promise<void> {
  for (const gate of session.inputs.gates) {
    const deps = {
      fetch: globalThis.fetch,
      now: () => performance.now(),
      sleep: (milliseconds: number, aborted: AbortSignal) => sleep(milliseconds, undefined, { signal: aborted }),
      prometheusUrl: session.inputs.prometheusUrl,
    }
    await runGate(gate, deps, signal)
    story.tell(`Gate passed: ${describeGate(gate)}`)
  }
}

/** What left the manifests, and the side of a blue-green deployment that no longer serves: last, when all is proved. */
export async function retire({ session, story, plan, signal }: Attempt): Promise<void> {
  const going = [...plan.switched.retired, ...plan.prunable.toReversed()]
  for (const object of going) {
    await removeForGood(session.cluster, object, signal)
    story.fate(refOf(object), 'pruned')
  }
  if (going.length > 0) story.tell(`${count(going.length, 'object')} pruned`)
}
