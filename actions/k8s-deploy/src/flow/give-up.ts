import { counted } from '../../../../lib/markdown/words.ts'
import { explained } from '../cluster/explain.ts'
import type { Failure } from '../failure.ts'
import type { Strategy } from '../inputs.ts'
import type { Report } from '../report/model.ts'
import { deleteSnapshot, type Snapshot, type SnapshotEntry } from '../state/snapshot.ts'
import type { Attempt } from './attempt.ts'
import type { Home } from './home.ts'
import { putBack } from './put-back.ts'
import type { Story } from './story.ts'

/** What is done after a failure, by the input on-failure. Throws the reason for which it may not go on. */
export async function giveUp(
  { session, story, plan, signal }: Attempt,
  home: Home,
  snapshot: Snapshot,
  failure: Failure,
): Promise<Report> {
  const { cluster, inputs } = session
  try {
    signal.throwIfAborted()
    const keepsNew =
      plan.inventory === undefined && inputs.onFailure === 'rollback' && mayStay(inputs.strategy, snapshot)
    if (keepsNew) tellKept(story, snapshot)
    if (inputs.onFailure === 'keep') {
      story.note('Everything is left as the failed deployment made it, as on-failure: keep says.')
    }
    if (inputs.onFailure === 'keep' || (keepsNew && snapshot.entries.every(isNew))) {
      await deleteSnapshot(cluster, snapshot)
      home.isUnfinished = false
      return story.end('failed', failure)
    }
    home.isUnfinished = !(await putBack(session, story, snapshot, { signal, waitMs: inputs.timeoutMs, keepsNew }))
    return story.end(home.isUnfinished ? 'rollback-failed' : 'rolled-back', failure)
  } catch (error) {
    if (signal.aborted) throw stopped(story, home, signal.reason, failure)
    story.note(`What was begun could not be put back: ${explained(error).message}`)
    return story.end('rollback-failed', failure)
  }
}

/** Tells who goes on instead. */
function stopped(story: Story, { lock }: Home, reason: unknown, failure: Failure): unknown {
  if (lock.signal.aborted) story.note('A newer deployment has taken over, and puts back what this one had begun.')
  else story.note('The run was cancelled; its post step puts back what was begun.')
  if (explained(reason).reason !== failure.reason) story.note(`What had failed before: ${failure.message}`)
  return reason
}

const isNew = ({ before }: SnapshotEntry): boolean => before === undefined

/** A canary, or a side, would go on answering for what was there before. */
function mayStay(strategy: Strategy, { entries }: Snapshot): boolean {
  return strategy === 'rolling' || entries.every(isNew)
}

/** New objects of a first deployment stay, for a look at them, unless `delete-new` says otherwise. */
function tellKept(story: Story, { entries }: Snapshot): void {
  const kept = entries.filter(isNew).length
  if (kept === 0) return
  story.note(
    `This was the app's first deployment, so its ${counted(kept, 'new object')} stay for you to look at; on-failure: delete-new would delete them.`,
  )
}
