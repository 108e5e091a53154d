import type { HttpReply } from '../http.ts'
import type { Repository } from '../world/repository.ts'
import type { World } from '../world/world.ts'
import { answerAsset } from './assets.ts'
import type { Html } from './html.ts'
import type { Tab } from './issue-page.ts'

const REPOSITORY = /^\/([^/]+)\/([^/]+)\/(.*)$/

interface PageRoute {
  /** What follows the repository's name in the address. */
  path: RegExp
  page: (repository: Repository, ...groups: string[]) => Promise<Html | null>
}

// Pages are loaded when the first one is asked for: most who start the stand-in never look at one.
const ROUTES: readonly PageRoute[] = [
  { path: /^(?:pull|issues)\/(\d+)$/, page: (repository, number = '') => issueOf(repository, number, 'conversation') },
  { path: /^pull\/(\d+)\/(?:files|changes)$/, page: (repository, number = '') => issueOf(repository, number, 'files') },
  { path: /^actions\/runs\/(\d+)$/, page: runOf },
  { path: /^deployments$/, page: deploymentsOf },
  { path: /^blob\/([^/]+)\/(.+)$/, page: blobOf },
]

/** Nothing is loaded from elsewhere and no script runs but the page's own file. Mermaid writes its styles into its drawings. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

async function issueOf(repository: Repository, number: string, tab: Tab): Promise<Html | null> {
  const issue = repository.issues[Number(number) - 1]
  return issue === undefined ? null : (await import('./issue-page.ts')).issuePage(issue, tab)
}

/** The run's newest attempt. */
async function runOf(repository: Repository, number = ''): Promise<Html | null> {
  const run = repository.runs.findLast(({ id }) => id === Number(number))
  return run === undefined ? null : (await import('./run-page.ts')).runPage(run)
}

async function deploymentsOf(repository: Repository): Promise<Html> {
  return (await import('./deployments.ts')).deploymentsPage(repository)
}

async function blobOf(repository: Repository, sha = '', path = ''): Promise<Html | null> {
  return (await import('./blob-page.ts')).blobPage(repository, sha, decodeURIComponent(path))
}

async function pageAt(world: World, path: string): Promise<Html | null> {
  const [, owner = '', name = '', rest = ''] = REPOSITORY.exec(path) ?? []
  const repository = world.findRepository(owner, name)
  const route = ROUTES.find((candidate) => candidate.path.test(rest))
  if (repository === null || route === undefined) return null
  return route.page(repository, ...(route.path.exec(rest)?.slice(1) ?? []))
}

/** The page of a pull request, an issue, a run, a file or the deployments, as a person would see it; null for any other path. */
export async function answerPage(world: World, method: string, path: string): Promise<HttpReply | null> {
  if (method !== 'GET') return null
  const page = await pageAt(world, path)
  if (page === null) return answerAsset(path)
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
  return { status: 200, headers, content: Buffer.from(page.markup) }
}
