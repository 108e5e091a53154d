import { readCommit } from '../world/git.ts'
import type { Comment, Issue } from '../world/issue.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Review } from '../world/review.ts'
import { loginOf, type User } from '../world/user.ts'
import { deploymentsOf, tellDeployment } from './deployments.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { renderMarkdown } from './markdown.ts'
import { avatar, nameOf, type Person } from './person.ts'
import { timeOf } from './time.ts'
import { type Told, tellEvent } from './told.ts'

interface Moment {
  at: Date
  view: Html
}

/** What stands in a box with its writer's picture beside it. */
interface Written {
  anchor: string
  author: User
  at: Date
  verb: string
  body: Html
  edited: boolean
}

function bubble(issue: Issue, { anchor, author, at, verb, body, edited }: Written): Html {
  const { clock } = issue.repository.world
  return html`<article class="comment" id="${anchor}">
    ${avatar(author, 'large')}
    <div class="bubble">
      <header>${nameOf(author)} <span>${verb} <a href="#${anchor}">${timeOf(at, clock.now())}</a>${edited ? ' · edited' : null}</span>
        ${author === issue.author ? html`<span class="tag at-end">Author</span>` : null}</header>
      ${body}
    </div>
  </article>`
}

interface Happening extends Told {
  at: Date
  actor: User
}

function happening(issue: Issue, { at, actor, symbol, tone, told }: Happening): Moment {
  const { clock } = issue.repository.world
  const view = html`<div class="event">
    <span class="badge ${tone ?? 'plain'}">${icon(symbol)}</span>
    <div>${avatar(actor, 'small')} ${nameOf(actor)} ${told} ${timeOf(at, clock.now())}</div>
  </div>`
  return { at, view }
}

function descriptionOf(issue: Issue): Html {
  const { author, createdAt: at, editedAt, body } = issue
  const said =
    body === null || body.trim() === '' ? html`<p class="nothing">No description provided.</p>` : renderMarkdown(body)
  return bubble(issue, { anchor: 'description', author, at, verb: 'commented', body: said, edited: editedAt !== null })
}

function commentMoment(comment: Comment): Moment {
  const { issue, author, createdAt: at, editor, minimized } = comment
  const rendered = renderMarkdown(comment.body)
  const body =
    minimized === null
      ? rendered
      : html`<details class="hidden-comment"><summary>This comment was marked as ${minimized.toLowerCase()}.</summary>${rendered}</details>`
  const written = { anchor: `issuecomment-${comment.id}`, author, at, verb: 'commented', body, edited: editor !== null }
  return { at, view: bubble(issue, written) }
}

const OPINIONS: Readonly<Record<Review['state'], Told>> = {
  APPROVED: { symbol: 'check', tone: 'good', told: html`approved these changes` },
  CHANGES_REQUESTED: { symbol: 'file-diff', tone: 'bad', told: html`requested changes` },
  COMMENTED: { symbol: 'eye', told: html`reviewed` },
  DISMISSED: { symbol: 'eye-closed', told: html`left a review that was dismissed later` },
}

function reviewMoments(issue: Issue, { id, author, state, body, commit, submittedAt: at }: Review): Moment[] {
  const opinion = OPINIONS[state]
  const told = html`${opinion.told} on <code>${commit.slice(0, 7)}</code>`
  const event = happening(issue, { ...opinion, at, actor: author, told })
  if (body === '') return [event]
  const anchor = `pullrequestreview-${id}`
  const written = { anchor, author, at, verb: 'left a comment', body: renderMarkdown(body), edited: false }
  return [event, { at, view: bubble(issue, written) }]
}

function commitMoment({ repository, issue }: PullRequest, sha: string): Moment {
  const { message, author, committer } = readCommit(repository.gitDir, sha)
  const actor: Person = { login: loginOf(author.email) ?? author.name, type: 'User' }
  const [subject = ''] = message.split('\n')
  const view = html`<div class="event commit">
    <span class="badge">${icon('git-commit')}</span>
    <div>${avatar(actor, 'small')} <code class="subject">${subject}</code></div>
    <code class="sha" title="${sha}">${sha.slice(0, 7)}</code>
  </div>`
  return { at: committer.date < issue.createdAt ? issue.createdAt : committer.date, view }
}

function momentsOf(issue: Issue): Moment[] {
  const { pullRequest, events, comments } = issue
  const happened = events.flatMap((event) => {
    const told = tellEvent(issue, event)
    return told === null ? [] : [happening(issue, { ...told, at: event.createdAt, actor: event.actor })]
  })
  const pushed = pullRequest?.commits().map((sha) => commitMoment(pullRequest, sha)) ?? []
  const reviewed = pullRequest?.reviews.flatMap((review) => reviewMoments(issue, review)) ?? []
  const deployed = pullRequest === null ? [] : deploymentsOf(pullRequest)
  const deployments = deployed.map((deployment) =>
    happening(issue, { ...tellDeployment(deployment), at: deployment.createdAt, actor: deployment.creator }),
  )
  const moments = [...pushed, ...reviewed, ...happened, ...deployments, ...comments.map(commentMoment)]
  return moments.toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

/** The description, and everything that came after it, in the order in which it came. */
export function conversation(issue: Issue): Html {
  return html`<div class="timeline">${descriptionOf(issue)}${momentsOf(issue).map(({ view }) => view)}</div>`
}
