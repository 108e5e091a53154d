import { issueEventJson, issueJson, labelJson } from '../view/issue.ts'
import { timelineJson } from '../view/timeline.ts'
import {
  addLabel,
  closeIssue,
  editIssueBody,
  type Issue,
  openIssue,
  removeLabel,
  renameIssue,
  reopenIssue,
} from '../world/issue.ts'
import type { User } from '../world/user.ts'
import { checkLength } from './comments.ts'
import { listReply } from './page.ts'
import { issueNeeds } from './permissions.ts'
import {
  type Call,
  invalid,
  issueOf,
  ok,
  type Permission,
  type Reply,
  type Route,
  repositoryOf,
  userOf,
} from './route.ts'

function labelNames(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.map((label) => (typeof label === 'string' ? label : String(label.name)))
}

function textOf(call: Call, field: 'title' | 'body'): string | undefined {
  const value = call.body[field]
  return value === undefined || value === null ? undefined : String(value)
}

function list(call: Call): Reply {
  const { query } = call
  const state = query.get('state') ?? 'open'
  const labels = query.get('labels')?.split(',') ?? []
  const creator = query.get('creator')
  const found = repositoryOf(call)
    .issues.filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => labels.every((name) => issue.labels.some((label) => label.name === name)))
    .filter(({ author }) => creator === null || author.login === creator)
  const ordered = query.get('direction') === 'asc' ? found : found.toReversed()
  return listReply(call, ordered, issueJson)
}

function create(call: Call): Reply {
  const author = userOf(call)
  const title = textOf(call, 'title') ?? ''
  const body = textOf(call, 'body') ?? null
  if (title.trim() === '') throw invalid({ resource: 'Issue', code: 'missing_field', field: 'title' })
  checkLength(body ?? '', 'Issue')
  const issue = openIssue(repositoryOf(call), { title, body, author })
  for (const name of labelNames(call.body['labels'])) addLabel(issue, name, author)
  return { status: 201, body: issueJson(issue) }
}

function setLabels(issue: Issue, names: string[], by: User): void {
  for (const { name } of issue.labels) if (!names.includes(name)) removeLabel(issue, name, by)
  for (const name of names) addLabel(issue, name, by)
}

function setState(issue: Issue, { state, state_reason: reason }: Call['body'], by: User): void {
  if (state === 'closed') closeIssue(issue, by, (reason as Issue['stateReason'] | undefined) ?? 'completed')
  if (state === 'open') reopenIssue(issue, by)
}

function update(call: Call): Reply {
  const issue = issueOf(call)
  const by = userOf(call)
  const title = textOf(call, 'title')
  const body = textOf(call, 'body')
  checkLength(body ?? '', 'Issue')
  if (title !== undefined) renameIssue(issue, title, by)
  if (body !== undefined) editIssueBody(issue, body)
  if (call.body['labels'] !== undefined) setLabels(issue, labelNames(call.body['labels']), by)
  setState(issue, call.body, by)
  return ok(issueJson(issue))
}

function labels(call: Call): Reply {
  const issue = issueOf(call)
  return listReply(call, issue.labels, (label) => labelJson(issue.repository, label))
}

function events(call: Call): Reply {
  const issue = issueOf(call)
  return listReply(call, issue.events, (event) => issueEventJson(issue, event))
}

function timeline(call: Call): Reply {
  return listReply(call, timelineJson(issueOf(call)), (entry) => entry)
}

const onIssue =
  (level: 'read' | 'write') =>
  (call: Call): Permission[] =>
    issueNeeds(level, issueOf(call).pullRequest !== null)

export const issueRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/issues', needs: ['issues:read'], handle: list },
  { operation: 'POST /repos/{owner}/{repo}/issues', needs: ['issues:write'], openToReaders: true, handle: create },
  {
    operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}',
    needs: onIssue('read'),
    handle: (call) => ok(issueJson(issueOf(call))),
  },
  { operation: 'PATCH /repos/{owner}/{repo}/issues/{issue_number}', needs: onIssue('write'), handle: update },
  { operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/labels', needs: onIssue('read'), handle: labels },
  { operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/events', needs: onIssue('read'), handle: events },
  { operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline', needs: onIssue('read'), handle: timeline },
]
