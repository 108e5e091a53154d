import { keyOf } from '../kube/objects.ts'
import { isGroundwork } from '../manifests/order.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Attempt } from './attempt.ts'
import { changedDeployments, endCanaries, runCanaries } from './canary.ts'
import { prove } from './prove.ts'
import { gates, hooks, httpGates, retire, write } from './steps.ts'

/**
 * Writes, watches and proves a plan, in the strategy's order.
 *
 * @throws DeployError for whatever fails, with the evidence in the story by then
 */
export async function rollOut(attempt: Attempt): Promise<void> {
  const { plan, session } = attempt
  if (plan.hooks.preDeploy.length > 0) await write(attempt, groundwork(plan.objects))
  await hooks(attempt, 'pre-deploy', plan.hooks.preDeploy)
  if (session.inputs.strategy === 'canary') await rollOutCanaries(attempt)
  else await rollOutSides(attempt)
  await hooks(attempt, 'post-deploy', plan.hooks.postDeploy)
  await gates(attempt)
  await retire(attempt)
}

/** What hooks may need. To write it once more with all the rest changes nothing. */
function groundwork(objects: readonly Validated[]): Validated[] {
  return objects.filter(({ manifest }) => isGroundwork(manifest.object))
}

/** Rolling, and blue-green: there the Services follow when the new pods have proved themselves. */
async function rollOutSides(attempt: Attempt): Promise<void> {
  const { objects, switched } = attempt.plan
  const [services, others] = divide(objects, ({ ref }) => switched.has(keyOf(ref)))
  await writeAndProve(attempt, others)
  if (services.length === 0) return
  attempt.story.tell('The new pods are ready; the Services are switched to them')
  await write(attempt, services)
  await prove(attempt, objects, 0)
  // At once: what fails now fails for everybody.
  await gates(attempt, httpGates(attempt))
  await prove(attempt, objects, attempt.session.inputs.soakMs)
}

/** What canaries may need is there before they are. */
async function rollOutCanaries(attempt: Attempt): Promise<void> {
  const { objects } = attempt.plan
  const changed = changedDeployments(objects)
  const [followed, others] = divide(objects, (one) => changed.includes(one))
  await write(attempt, others)
  if (followed.length > 0) await prove(attempt, others, 0)
  const canaries = await runCanaries(attempt, followed)
  await writeAndProve(attempt, followed, objects)
  await endCanaries(attempt, canaries)
}

async function writeAndProve(attempt: Attempt, written: readonly Validated[], proved = written): Promise<void> {
  await write(attempt, written)
  await prove(attempt, proved, attempt.session.inputs.soakMs)
}

function divide<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))]
}
