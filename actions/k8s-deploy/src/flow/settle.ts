import type { Session } from '../session.ts'
import { deleteSnapshot, findUnfinished } from '../state/snapshot.ts'
import type { Home } from './home.ts'
import { putBack } from './put-back.ts'
import type { Story } from './story.ts'

/**
 * Puts back what killed runs of the app had begun, the newest first, so that what this run finds is a whole again. What can't be
 * put back is told and then let go: it must not keep the app from being deployed for ever.
 */
export async function settleEarlier(session: Session, story: Story, { app, lock }: Home): Promise<void> {
  const unfinished = await findUnfinished(session.cluster, app)
  for (const snapshot of unfinished.toReversed()) {
    const signal = AbortSignal.any([session.stop, lock.signal])
    const isDone = await putBack(session, story, snapshot, { signal, waitMs: 0 })
    const outcome = isDone ? 'was put back first' : 'could not all be put back'
    const earlier = snapshot.runUrl === '' ? 'An earlier deployment' : `The deployment ${snapshot.runUrl}`
    story.note(`${earlier} had been ended in the middle; what it had begun ${outcome}.`)
    if (!isDone) await deleteSnapshot(session.cluster, snapshot)
  }
}
