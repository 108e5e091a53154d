import { compareWriters, listOwn, type OwnComment, type Thread } from '../../../../lib/github/comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { Session } from '../session.ts'
import { slotOf } from './application.ts'

/** The root's own comment on a pull request. A rendered plan has another one, since it can't be applied. */
export function rootThread(session: Session, pullRequest: PullRequest): Thread {
  const { directory, ...slot } = slotOf(session, pullRequest)
  const prefix = session.inputs.mode === 'render' ? 'render:' : ''
  const key = `${prefix}${slot.root} ${slot.workspace} ${directory}`
  return { issue: pullRequest.number, kind: 'terraform-apply', key, sign: session.keys?.sign }
}

/** The marker's field that names the plan which the pull request shows for review; later states of the comment keep it. */
export const REVIEWED_FIELD = 'reviewed'

export interface ShownPlan {
  runId: number
  fingerprint: string
}

export function writeShown({ runId, fingerprint }: ShownPlan): string {
  return `${runId} ${fingerprint}`
}

/** The plan that the root's comment shows for the head commit; `undefined` without such a comment. */
export async function shownPlan(session: Session, pullRequest: PullRequest): Promise<ShownPlan | undefined> {
  const comments = (await listOwn(session.github, rootThread(session, pullRequest))).filter(
    ({ part, fields }) => part === 1 && fields['head'] === pullRequest.headSha && fields[REVIEWED_FIELD] !== undefined,
  )
  return readShown(comments.toSorted(compareWriters).at(-1))
}

function readShown(comment: OwnComment | undefined): ShownPlan | undefined {
  const [, runId, fingerprint] = /^(\d+) ([0-9a-f]{64})$/.exec(comment?.fields[REVIEWED_FIELD] ?? '') ?? []
  return runId === undefined || fingerprint === undefined ? undefined : { runId: Number(runId), fingerprint }
}
