import { type Deployment, type DeploymentState, stateOf } from '../world/deployment.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'
import { avatar, nameOf } from './person.ts'
import { timeOf } from './time.ts'
import type { Told } from './told.ts'

interface Look {
  /** What its creator did, as the sentence begins. */
  verb: string
  word: string
  tone: 'good' | 'bad' | 'quiet' | 'running'
}

const PROBLEM = { verb: 'had a problem deploying to', tone: 'bad' } as const
const REQUEST = { verb: 'requested a deployment to', tone: 'running' } as const
const LOOKS: Readonly<Record<DeploymentState, Look>> = {
  success: { verb: 'deployed to', word: 'Active', tone: 'good' },
  inactive: { verb: 'temporarily deployed to', word: 'Inactive', tone: 'quiet' },
  failure: { ...PROBLEM, word: 'Failure' },
  error: { ...PROBLEM, word: 'Error' },
  in_progress: { ...REQUEST, word: 'In progress' },
  queued: { ...REQUEST, word: 'Queued' },
  pending: { ...REQUEST, word: 'Pending' },
}

/** A transient environment that is inactive is gone for good. */
function lookOf(deployment: Deployment): Look {
  const state = stateOf(deployment)
  return state === 'inactive' && deployment.transient ? { ...LOOKS[state], word: 'Destroyed' } : LOOKS[state]
}

function tagOf(deployment: Deployment): Html {
  const { word, tone } = lookOf(deployment)
  return html`<span class="tag outcome ${tone}">${word}</span>`
}

/** The deployments of a pull request's commits, also of those that its merge made. */
export function deploymentsOf(pullRequest: PullRequest): Deployment[] {
  const { repository, merged } = pullRequest
  const commits = new Set([...pullRequest.commits(), ...(merged?.commits ?? [])])
  return repository.deployments.filter(({ sha }) => commits.has(sha))
}

/** A deployment as the rest of a sentence about who asked for it. */
export function tellDeployment(deployment: Deployment): Told {
  const told = html`${lookOf(deployment).verb} <strong class="environment">${deployment.environment}</strong> ${tagOf(deployment)} ${linksOf(deployment)}`
  return { symbol: 'rocket', told }
}

function linksOf({ statuses }: Deployment): Html {
  const { logUrl, environmentUrl } = statuses.findLast(({ logUrl }) => logUrl !== null) ?? {}
  const link = (address: string | null | undefined, word: string): Html | null =>
    address ? html`<a href="${address}" rel="nofollow noopener noreferrer">${word}</a>` : null
  return html`${link(environmentUrl, 'View deployment')} ${link(logUrl, 'Log')}`
}

function rowHtml(deployment: Deployment): Html {
  const { repository, environment, creator, createdAt, sha, ref, statuses } = deployment
  const { clock } = repository.world
  const said = statuses.findLast(({ description }) => description !== '')?.description ?? deployment.description
  return html`<li>
    <p><strong class="environment">${environment}</strong> ${tagOf(deployment)} ${linksOf(deployment)}</p>
    ${said === null ? null : html`<p>${said}</p>`}
    <p class="muted">${avatar(creator, 'small')} ${nameOf(creator)} deployed ${ref === sha ? null : html`<code class="branch">${ref}</code> `}<code>${sha.slice(0, 7)}</code> ${timeOf(createdAt, clock.now())}</p>
  </li>`
}

/** The page of a repository's deployments, newest first. */
export function deploymentsPage(repository: Repository): Html {
  const { deployments } = repository
  const rows =
    deployments.length === 0
      ? html`<p class="nothing">Nothing was deployed yet.</p>`
      : html`<ul>${deployments.toReversed().map(rowHtml)}</ul>`
  const head = html`<div class="head">
    <h1 class="of-run">${icon('rocket')}<span>Deployments</span></h1>
    <p><span class="muted">of ${repository.fullName}, newest first</span></p>
  </div>`
  const body = html`${head}<section class="part deployments">${rows}</section>`
  return layout(repository, 'Deployments', body)
}
