import { collect, suspectOf } from '../evidence/collect.ts'
import type { Ref } from '../kube/objects.ts'
import { isRestartedByTemplate, podTemplatesOf } from '../manifests/pod-templates.ts'
import type { Evidence } from '../report/model.ts'
import { observe } from '../rollout/observe.ts'
import type { Attempt } from './attempt.ts'

/** The pods are ready by now, so there is nothing to wait for but the watches. */
const LOOK_MS = 3_000

/** Canaries while they run, else the workloads that this deployment has written. */
export function testedBy({ plan }: Attempt, share: number): Ref[] {
  if (share < 1) return plan.canaries.map(({ ref }) => ref)
  return plan.objects
    .filter(({ write, manifest: { object } }) => write !== 'skip' && isRestartedByTemplate(object))
    .filter(({ manifest }) => podTemplatesOf(manifest.object).length > 0)
    .map(({ ref }) => ref)
}

/** What pods show that are ready and don't do as a gate wants: they are gone when everything is put back. Never throws. */
export async function evidenceAbout({ session, plan, signal }: Attempt, tested: readonly Ref[]): Promise<Evidence[]> {
  const { cluster, inputs } = session
  const objects = tested.map((ref) => ({ ref }))
  const observer = observe(cluster, { app: inputs.app, objects, deployedAt: plan.deployedAt })
  try {
    await observer.untilReady({ timeoutMs: LOOK_MS, signal })
    return await collect(
      cluster,
      observer.snapshot().map((judged) => suspectOf(observer, judged)),
    )
  } catch {
    // The gate's failure is what the step is about.
    return []
  } finally {
    await observer.close()
  }
}
