import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { Slot } from '../bundle/store.ts'
import type { ApplyComment, Policy } from '../gate/approval.ts'
import type { Session } from '../session.ts'

/** One apply: what it is about, and by which rules. */
export interface Application {
  pullRequest: PullRequest
  slot: Slot
  policy: Policy
  comment: ApplyComment | undefined
  fingerprint: string | undefined
}

/** Where this root's plans of this pull request's head are stored. */
export function slotOf({ context, inputs }: Session, { number, headSha }: PullRequest): Slot {
  return {
    repositoryId: context.repository.id,
    pullRequest: number,
    headSha,
    root: inputs.name,
    directory: inputs.workingDirectory,
    workspace: inputs.terraform.workspace ?? 'default',
  }
}
