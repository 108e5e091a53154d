import type { PullRequest } from './pull-request.ts'
import type { Repository } from './repository.ts'
import type { User } from './user.ts'

export interface Label {
  id: number
  name: string
  color: string
}

/** A comment of an issue or pull request. `minimized` is the reason (classifier) it was hidden for, or null. */
export interface Comment {
  id: number
  issue: Issue
  author: User
  body: string
  createdAt: Date
  updatedAt: Date
  editor: User | null
  minimized: string | null
}

/** Something that happened to an issue; the event names are GitHub's. */
export type IssueEvent = { id: number; actor: User; createdAt: Date } & (
  | { event: 'labeled' | 'unlabeled'; label: Label }
  | { event: 'closed' | 'merged' | 'head_ref_force_pushed'; commitId: string | null }
  | { event: 'reopened' }
  | { event: 'renamed'; from: string; to: string }
  | { event: 'review_dismissed'; reviewId: number; previousState: string; message: string }
)

type WithoutIdentity<E> = E extends IssueEvent ? Omit<E, 'id' | 'actor' | 'createdAt'> : never

/** An issue, or the issue side of a pull request. */
export interface Issue {
  id: number
  number: number
  repository: Repository
  title: string
  body: string | null
  author: User
  state: 'open' | 'closed'
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null
  labels: Label[]
  comments: Comment[]
  events: IssueEvent[]
  createdAt: Date
  updatedAt: Date
  editedAt: Date | null
  closedAt: Date | null
  closedBy: User | null
  pullRequest: PullRequest | null
}

/** Opens an issue under the repository's next number. */
export function openIssue(
  repository: Repository,
  { title, body, author }: Pick<Issue, 'title' | 'body' | 'author'>,
): Issue {
  const createdAt = repository.world.clock.tick()
  const issue: Issue = {
    id: repository.world.nextId(),
    number: repository.issues.length + 1,
    repository,
    title,
    body,
    author,
    state: 'open',
    stateReason: null,
    labels: [],
    comments: [],
    events: [],
    createdAt,
    updatedAt: createdAt,
    editedAt: null,
    closedAt: null,
    closedBy: null,
    pullRequest: null,
  }
  repository.issues.push(issue)
  return issue
}

function touch(issue: Issue): Date {
  issue.updatedAt = issue.repository.world.clock.tick()
  return issue.updatedAt
}

/** Adds an event by `actor` now. */
export function recordEvent(issue: Issue, actor: User, event: WithoutIdentity<IssueEvent>): void {
  const identity = { id: issue.repository.world.nextId(), actor, createdAt: touch(issue) }
  issue.events.push({ ...identity, ...event } as IssueEvent)
}

export function addComment(issue: Issue, author: User, body: string): Comment {
  const createdAt = touch(issue)
  const id = issue.repository.world.nextId()
  const comment: Comment = {
    id,
    issue,
    author,
    body,
    createdAt,
    updatedAt: createdAt,
    editor: null,
    minimized: null,
  }
  issue.comments.push(comment)
  return comment
}

export function editComment(comment: Comment, editor: User, body: string): void {
  comment.body = body
  comment.editor = editor
  comment.updatedAt = touch(comment.issue)
}

export function deleteComment(comment: Comment): void {
  comment.issue.comments = comment.issue.comments.filter((other) => other !== comment)
  touch(comment.issue)
}

/** Puts a label on; one that is there already changes nothing, as on GitHub. */
export function addLabel(issue: Issue, name: string, by: User): void {
  if (issue.labels.some((label) => label.name === name)) return
  const label = issue.repository.label(name)
  issue.labels.push(label)
  recordEvent(issue, by, { event: 'labeled', label })
}

export function removeLabel(issue: Issue, name: string, by: User): void {
  const label = issue.labels.find((candidate) => candidate.name === name)
  if (label === undefined) throw new Error(`#${issue.number} has no label ${name}`)
  issue.labels = issue.labels.filter((other) => other !== label)
  recordEvent(issue, by, { event: 'unlabeled', label })
}

export function renameIssue(issue: Issue, title: string, by: User): void {
  if (title === issue.title) return
  recordEvent(issue, by, { event: 'renamed', from: issue.title, to: title })
  issue.title = title
}

export function editIssueBody(issue: Issue, body: string | null): void {
  issue.body = body
  issue.editedAt = touch(issue)
}

export function closeIssue(issue: Issue, by: User, reason: Issue['stateReason'] = 'completed'): void {
  if (issue.state === 'closed') return
  recordEvent(issue, by, { event: 'closed', commitId: null })
  Object.assign(issue, { state: 'closed', stateReason: reason, closedAt: issue.updatedAt, closedBy: by })
}

export function reopenIssue(issue: Issue, by: User): void {
  if (issue.state === 'open') return
  recordEvent(issue, by, { event: 'reopened' })
  Object.assign(issue, { state: 'open', stateReason: 'reopened', closedAt: null, closedBy: null })
}
