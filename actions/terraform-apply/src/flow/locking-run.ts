import { activeRuns } from '../../../../lib/github/runs.ts'
import type { Session } from '../session.ts'
import type { LockHolder } from '../terraform/lock.ts'

/**
 * A note on the run that holds the lock, where it can be known: the only other run of this repository that was going on
 * when the lock was taken. Terraform's lock itself names a user and a machine only.
 */
export async function lockingRun(session: Session, holder: LockHolder): Promise<string> {
  try {
    const runs = await activeRuns(session.github)
    const others = runs.filter(
      ({ id, startedAt }) =>
        id !== session.context.runId && (holder.created === undefined || startedAt <= holder.created),
    )
    return others.length === 1 && others[0] ? `, most likely by ${others[0].url}` : ''
  } catch {
    // The permission "actions: read" may be missing; the lock is told without the run then.
    return ''
  }
}
