import { timestamp } from '../world/clock.ts'
import type { Comment, Issue, IssueEvent, Label } from '../world/issue.ts'
import type { Repository } from '../world/repository.ts'
import type { User } from '../world/user.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { userJson, viaApp } from './user.ts'

/** `author_association`: what the account is to the repository. */
export function associationOf(repository: Repository, user: User): string {
  if (user === repository.owner) return 'OWNER'
  if (repository.isCollaborator(user.login)) return 'COLLABORATOR'
  const contributed = repository.pullRequests.some(({ issue, merged }) => merged !== null && issue.author === user)
  return contributed ? 'CONTRIBUTOR' : 'NONE'
}

/** The schema `label`. */
export function labelJson(repository: Repository, { id, name, color }: Label): Json {
  const url = `${apiOf(repository)}/labels/${encodeURIComponent(name)}`
  return { id, node_id: nodeId('Label', id), url, name, color, default: false, description: '' }
}

/** The page of an issue or pull request. */
export function issuePage({ repository, number, pullRequest }: Issue): string {
  return `${pageOf(repository)}/${pullRequest === null ? 'issues' : 'pull'}/${number}`
}

function pullRequestLinks(issue: Issue): Json {
  if (issue.pullRequest === null) return {}
  const page = issuePage(issue)
  const { merged, draft } = issue.pullRequest
  const links = {
    url: `${apiOf(issue.repository)}/pulls/${issue.number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: merged === null ? null : timestamp(merged.at),
  }
  return { draft, pull_request: links }
}

/** Nobody reacts here, but the schema wants the counts. */
export function reactionsJson(url: string): Json {
  const none = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 }
  return { url: `${url}/reactions`, total_count: 0, ...none }
}

/** The schema `issue`. */
export function issueJson(issue: Issue): Json {
  const { repository, author, closedBy } = issue
  const { urls } = repository.world
  const url = `${apiOf(repository)}/issues/${issue.number}`
  return {
    url,
    repository_url: apiOf(repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: issuePage(issue),
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: userJson(author, urls),
    labels: issue.labels.map((label) => labelJson(repository, label)),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: false,
    active_lock_reason: null,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: issue.comments.length,
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    closed_at: issue.closedAt === null ? null : timestamp(issue.closedAt),
    closed_by: closedBy === null ? null : userJson(closedBy, urls),
    author_association: associationOf(repository, author),
    ...pullRequestLinks(issue),
    body: issue.body,
    reactions: reactionsJson(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: viaApp(author, urls),
  }
}

/** The schema `issue-comment`. */
export function commentJson({ id, issue, author, body, createdAt, updatedAt }: Comment): Json {
  const { urls } = issue.repository.world
  const api = `${apiOf(issue.repository)}/issues`
  return {
    url: `${api}/comments/${id}`,
    html_url: `${issuePage(issue)}#issuecomment-${id}`,
    issue_url: `${api}/${issue.number}`,
    id,
    node_id: nodeId('IssueComment', id),
    user: userJson(author, urls),
    created_at: timestamp(createdAt),
    updated_at: timestamp(updatedAt),
    body,
    author_association: associationOf(issue.repository, author),
    reactions: reactionsJson(`${api}/comments/${id}`),
    performed_via_github_app: viaApp(author, urls),
  }
}

function eventDetails(event: IssueEvent): Json {
  switch (event.event) {
    case 'labeled':
    case 'unlabeled':
      return { label: { name: event.label.name, color: event.label.color } }
    case 'closed':
    case 'merged':
    case 'head_ref_force_pushed':
      return { commit_id: event.commitId }
    case 'renamed':
      return { rename: { from: event.from, to: event.to } }
    case 'review_dismissed': {
      const { reviewId, previousState, message } = event
      return { dismissed_review: { state: previousState, review_id: reviewId, dismissal_message: message } }
    }
    case 'reopened':
      return { state_reason: null }
  }
}

/** The schema `issue-event-for-issue`. */
export function issueEventJson(issue: Issue, event: IssueEvent): Json {
  const { urls } = issue.repository.world
  const details = eventDetails(event)
  const commit = details['commit_id'] ?? null
  return {
    id: event.id,
    node_id: nodeId('IssueEvent', event.id),
    url: `${apiOf(issue.repository)}/issues/events/${event.id}`,
    actor: userJson(event.actor, urls),
    event: event.event,
    commit_id: null,
    commit_url: commit === null ? null : `${apiOf(issue.repository)}/commits/${commit}`,
    created_at: timestamp(event.createdAt),
    performed_via_github_app: viaApp(event.actor, urls),
    ...details,
  }
}
