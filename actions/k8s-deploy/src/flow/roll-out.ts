import { keyOf } from '../kube/objects.ts'
import { removeForGood } from '../rollout/remove.ts'
import type { Validated } from '../rollout/validate.ts'
import type { Attempt } from './attempt.ts'
import { changedDeployments, runCanaries } from './canary.ts'
import { prove } from './prove.ts'
import { gates, hooks, retire, write } from './steps.ts'

/**
 * Writes, watches and proves a plan, in the strategy's order.
 *
 * @throws DeployError for whatever fails, with the evidence in the story by then
 */
export async function rollOut(attempt: Attempt): Promise<void> {
  const { plan, session } = attempt
  await hooks(attempt, 'pre-deploy', plan.hooks.preDeploy)
  if (session.inputs.strategy === 'canary') await rollOutCanaries(attempt)
  else await rollOutSides(attempt)
  await hooks(attempt, 'post-deploy', plan.hooks.postDeploy)
  await gates(attempt)
  await retire(attempt)
}

/** Rolling, and blue-green: there the Services follow when the new pods have proved themselves. */
async function rollOutSides(attempt: Attempt): Promise<void> {
  const { objects, switched } = attempt.plan
  const [services, others] = divide(objects, ({ ref }) => switched.services.has(keyOf(ref)))
  await writeAndProve(attempt, others)
  if (services.length === 0) return
  attempt.story.tell('The new pods are ready; the Services are switched to them')
  await writeAndProve(attempt, services, objects)
}

async function rollOutCanaries(attempt: Attempt): Promise<void> {
  const { objects } = attempt.plan
  const changed = changedDeployments(objects)
  const [followed, others] = divide(objects, (one) => changed.includes(one))
  await write(attempt, others)
  const canaries = await runCanaries(attempt, followed)
  await writeAndProve(attempt, followed, objects)
  for (const canary of canaries) await removeForGood(attempt.session.cluster, canary, attempt.signal)
}

async function writeAndProve(attempt: Attempt, written: readonly Validated[], proved = written): Promise<void> {
  await write(attempt, written)
  const refs = proved.map(({ ref }) => ref)
  await prove(attempt, refs, attempt.session.inputs.soakMs)
}

function divide<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))]
}
