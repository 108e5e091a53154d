import type { Issue, IssueEvent } from '../world/issue.ts'
import { type Html, html } from './html.ts'
import { labelHtml } from './label.ts'

/** What somebody did, as the rest of a sentence, with its icon and the icon's colour. */
export interface Told {
  symbol: string
  tone?: 'done' | 'good' | 'bad'
  told: Html
}

function shortSha(sha: string | null): Html {
  return html`<code>${sha?.slice(0, 7) ?? ''}</code>`
}

function mergeOf({ pullRequest }: Issue, sha: string | null): Told {
  const branch = html`<code class="branch">${pullRequest?.baseBranch ?? ''}</code>`
  return { symbol: 'git-merge', tone: 'done', told: html`merged commit ${shortSha(sha)} into ${branch}` }
}

const REASONS: Readonly<Record<string, string>> = {
  completed: 'completed',
  duplicate: 'a duplicate',
  not_planned: 'not planned',
}

function closingOf({ pullRequest, stateReason }: Issue): Told {
  if (pullRequest !== null) return { symbol: 'git-pull-request-closed', tone: 'bad', told: html`closed this` }
  const reason = REASONS[stateReason ?? '']
  return {
    symbol: 'issue-closed',
    tone: 'done',
    told: html`closed this${reason === undefined ? null : ` as ${reason}`}`,
  }
}

/** An event as a sentence; null for the closing that is part of a merge. */
export function tellEvent(issue: Issue, event: IssueEvent): Told | null {
  switch (event.event) {
    case 'labeled':
      return { symbol: 'tag', told: html`added the ${labelHtml(event.label)} label` }
    case 'unlabeled':
      return { symbol: 'tag', told: html`removed the ${labelHtml(event.label)} label` }
    case 'merged':
      return mergeOf(issue, event.commitId)
    case 'closed':
      return issue.pullRequest?.merged ? null : closingOf(issue)
    case 'reopened':
      return { symbol: 'issue-reopened', tone: 'good', told: html`reopened this` }
    case 'renamed':
      return { symbol: 'pencil', told: html`changed the title <del>${event.from}</del> <strong>${event.to}</strong>` }
    case 'head_ref_force_pushed':
      return { symbol: 'repo-push', told: html`force-pushed to ${shortSha(event.commitId)}` }
    case 'review_dismissed':
      return { symbol: 'eye-closed', told: html`dismissed a review: <em>${event.message}</em>` }
  }
}
