import { compareWriters, listOwn, type OwnComment, type Thread } from '../../../../lib/github/own-comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { IndexedRow } from '../joined/index-field.ts'
import { indexOf } from '../joined/publish-row.ts'
import { rootKey } from '../joined/row.ts'
import type { Session } from '../session.ts'
import { slotOf } from './application.ts'
import { rootOf } from './outcome.ts'

/** The root's own comment on a pull request. A rendered plan has another one, since it can't be applied. */
export function rootThread(session: Session, pullRequest: PullRequest): Thread {
  const { directory, ...slot } = slotOf(session, pullRequest)
  return threadOf(session, pullRequest, ['root', slot.root, slot.workspace, directory])
}

/** The comment that the roots of a group share. */
export function groupThread(session: Session, pullRequest: PullRequest, group: string): Thread {
  return threadOf(session, pullRequest, ['group', group])
}

function threadOf({ inputs, keys }: Session, { number }: PullRequest, words: readonly string[]): Thread {
  // Quoted, so that no name can look like another's beginning.
  const key = JSON.stringify(inputs.mode === 'render' ? ['render', ...words] : words)
  return { issue: number, kind: 'terraform-apply', key, sign: keys?.sign }
}

/** The marker's field that names the plan which the pull request shows for review; later states of the comment keep it. */
export const REVIEWED_FIELD = 'reviewed'

/** The marker's field with the plan to compare the next one with. */
export const KEPT_FIELD = 'plan'

export interface ShownPlan {
  runId: number
  fingerprint: string
}

export function writeShown({ runId, fingerprint }: ShownPlan): string {
  return `${runId} ${fingerprint}`
}

/**
 * The plan that the root's comment, or its row, shows for the head commit; `undefined` without such a comment, `nothing`
 * when a joined comment has no room for what this root shows.
 */
export async function shownPlan(
  session: Session,
  pullRequest: PullRequest,
): Promise<ShownPlan | 'nothing' | undefined> {
  const { commentGroup } = session.inputs
  if (commentGroup !== undefined) {
    const comments = await listOwn(session.github, groupThread(session, pullRequest, commentGroup))
    const row = rowOf(session, comments, pullRequest)
    if (row) return readShown(row.reviewed)
    return indexOf(comments, pullRequest.headSha).length > 0 ? 'nothing' : undefined
  }
  const comments = (await listOwn(session.github, rootThread(session, pullRequest))).filter(
    ({ part, fields }) => part === 1 && fields['head'] === pullRequest.headSha && fields[REVIEWED_FIELD] !== undefined,
  )
  return readShown(comments.toSorted(compareWriters).at(-1)?.fields[REVIEWED_FIELD])
}

/** What a group's comments say of this root at the head commit. */
export function rowOf(
  session: Session,
  comments: readonly OwnComment[],
  { headSha }: PullRequest,
): IndexedRow | undefined {
  const key = rootKey(rootOf(session))
  return indexOf(comments, headSha).find((row) => row.key === key)
}

function readShown(field = ''): ShownPlan | undefined {
  const [, runId, fingerprint] = /^(\d+) ([0-9a-f]{64})$/.exec(field) ?? []
  return runId === undefined || fingerprint === undefined ? undefined : { runId: Number(runId), fingerprint }
}
