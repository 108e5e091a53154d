import { explainApiError } from '../cluster/explain.ts'
import { DeployError } from '../failure.ts'
import type { Report } from '../report/model.ts'
import { observe } from '../rollout/observe.ts'
import type { Session } from '../session.ts'
import { readInventory } from '../state/inventory.ts'
import { appOf } from './home.ts'
import { createStory } from './story.ts'

/** A moment for the first verdicts; nothing is waited for beyond it. */
const LOOK_MS = 3_000

/** How the objects of the last good deployment are now. Writes nothing. */
export async function tellStatus(session: Session): Promise<Report> {
  const { cluster, inputs } = session
  const story = createStory(session, 'status')
  const inventory = await readInventory(cluster, appOf(session)).catch((error: unknown) => {
    throw explainApiError(error)
  })
  if (inventory === undefined) {
    throw new DeployError({
      reason: 'invalid-input',
      message: `${inputs.app} has not been deployed to the namespace ${session.namespace} yet.`,
      remedy: 'Correct the inputs app and namespace, or deploy it first.',
    })
  }
  story.revision = inventory.revision
  for (const ref of inventory.refs) story.fate(ref, 'unchanged')
  const observer = observe(cluster, {
    app: inputs.app,
    objects: inventory.refs.map((ref) => ({ ref })),
    deployedAt: new Date(0),
    onVerdict: (ref, { state, message }) => story.verdict(ref, state, message),
  })
  try {
    const outcome = await observer.untilReady({ timeoutMs: LOOK_MS, signal: session.stop })
    if (outcome.kind === 'ready') return story.end('deployed')
    const { reason, message, remedy } = outcome.verdict
    return story.end('failed', {
      reason: outcome.kind === 'failed' ? (reason as DeployError['failure']['reason']) : 'timeout',
      message,
      ...(remedy === undefined ? {} : { remedy }),
      object: outcome.object,
    })
  } finally {
    await observer.close()
  }
}
