import { changedFiles } from '../view/pull-request.ts'
import type { Issue } from '../world/issue.ts'
import type { PullRequest } from '../world/pull-request.ts'
import { latestOpinions, type Review } from '../world/review.ts'
import { checksHtml } from './checks.ts'
import { conversation } from './conversation.ts'
import { filesChanged } from './files.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { labelHtml } from './label.ts'
import { layout, pill } from './layout.ts'
import { avatar, nameOf } from './person.ts'
import { timeOf } from './time.ts'

export type Tab = 'conversation' | 'files'

function stateOf({ pullRequest, state, stateReason }: Issue): Html {
  if (pullRequest?.merged) return pill('done', 'git-merge', 'Merged')
  if (pullRequest !== null && state === 'closed') return pill('bad', 'git-pull-request-closed', 'Closed')
  if (pullRequest?.draft) return pill('quiet', 'git-pull-request-draft', 'Draft')
  if (pullRequest !== null) return pill('good', 'git-pull-request', 'Open')
  if (state === 'open') return pill('good', 'issue-opened', 'Open')
  return stateReason === 'not_planned' ? pill('quiet', 'skip', 'Closed') : pill('done', 'issue-closed', 'Closed')
}

function branchOf({ repository, headRepository, headBranch }: PullRequest): string {
  return headRepository === repository ? headBranch : `${headRepository.owner.login}:${headBranch}`
}

function pullRequestLine(pullRequest: PullRequest): Html {
  const { merged, issue, baseBranch } = pullRequest
  const count = pullRequest.commits().length
  const verb = merged === null ? 'wants to merge' : 'merged'
  const branches = html`into <code class="branch">${baseBranch}</code> from <code class="branch">${branchOf(pullRequest)}</code>`
  return html`${nameOf(merged?.by ?? issue.author)} ${verb} ${count} ${count === 1 ? 'commit' : 'commits'} ${branches}`
}

function issueLine({ author, createdAt, comments, repository }: Issue): Html {
  const count = `${comments.length} ${comments.length === 1 ? 'comment' : 'comments'}`
  return html`${nameOf(author)} opened this issue ${timeOf(createdAt, repository.world.clock.now())} · ${count}`
}

function headOf(issue: Issue): Html {
  const line = issue.pullRequest === null ? issueLine(issue) : pullRequestLine(issue.pullRequest)
  return html`<div class="head">
    <h1>${issue.title} <span class="muted">#${issue.number}</span></h1>
    <p>${stateOf(issue)} <span class="muted">${line}</span></p>
  </div>`
}

function tabsOf({ issue, repository }: PullRequest, changes: number, current: Tab): Html {
  const path = `/${repository.fullName}/pull/${issue.number}`
  const tab = (name: Tab, href: string, symbol: string, word: string, count: number): Html =>
    html`<a href="${href}" ${name === current ? html`aria-current="page"` : null}>${icon(symbol)} ${word} <span class="counter">${count}</span></a>`
  return html`<nav class="tabs">
    ${tab('conversation', path, 'comment-discussion', 'Conversation', issue.comments.length)}
    ${tab('files', `${path}/files`, 'file-diff', 'Files changed', changes)}
  </nav>`
}

function reviewerHtml({ author, state }: Review): Html {
  const [symbol, tone] =
    state === 'APPROVED'
      ? ['check', 'good']
      : state === 'CHANGES_REQUESTED'
        ? ['file-diff', 'bad']
        : ['dot-fill', 'quiet']
  return html`<li>${avatar(author, 'small')} ${nameOf(author)} <span class="outcome ${tone} at-end" title="${state.toLowerCase().replace('_', ' ')}">${icon(symbol)}</span></li>`
}

function sidebar({ labels, pullRequest }: Issue): Html {
  const opinions = latestOpinions(pullRequest?.reviews ?? [])
  const reviewers = opinions.length === 0 ? html`<p>No reviews</p>` : html`<ul>${opinions.map(reviewerHtml)}</ul>`
  const shown =
    labels.length === 0 ? html`<p>None yet</p>` : html`<p>${labels.map((label) => html`${labelHtml(label)} `)}</p>`
  return html`<aside>
    ${pullRequest === null ? null : html`<section><h2>Reviewers</h2>${reviewers}</section>`}
    <section><h2>Labels</h2>${shown}</section>
  </aside>`
}

function mergeHtml({ issue, merged, testMerge, baseBranch }: PullRequest): Html {
  if (merged !== null) {
    return html`<section class="part merge"><header><span class="badge done">${icon('git-merge')}</span><h2>Pull request successfully merged and closed</h2></header></section>`
  }
  if (issue.state === 'closed') {
    return html`<section class="part merge"><header><span class="badge bad">${icon('git-pull-request-closed')}</span><h2>Closed with unmerged commits</h2></header></section>`
  }
  const [tone, symbol, said] =
    testMerge === null
      ? ['quiet', 'alert', `This branch has conflicts with ${baseBranch}`]
      : ['good', 'git-merge', 'No conflicts with the base branch']
  return html`<section class="part merge"><header><span class="badge ${tone}">${icon(symbol)}</span><h2>${said}</h2></header></section>`
}

function conversationTab(issue: Issue): Html {
  const { pullRequest } = issue
  const end =
    pullRequest === null ? null : html`<div class="ending">${checksHtml(pullRequest)}${mergeHtml(pullRequest)}</div>`
  return html`<div class="columns"><div>${conversation(issue)}${end}</div>${sidebar(issue)}</div>`
}

/** The page of an issue, or one tab of a pull request's. */
export function issuePage(issue: Issue, tab: Tab): Html {
  const { pullRequest, repository, title, number } = issue
  const tabs = pullRequest === null ? null : tabsOf(pullRequest, changedFiles(pullRequest).length, tab)
  const shown = pullRequest !== null && tab === 'files' ? filesChanged(pullRequest) : conversationTab(issue)
  const kind = pullRequest === null ? 'Issue' : 'Pull Request'
  return layout(repository, `${title} · ${kind} #${number}`, html`${headOf(issue)}${tabs}${shown}`)
}
