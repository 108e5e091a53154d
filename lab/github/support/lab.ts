import { getOctokit } from '@actions/github'
import { afterEach, expect } from '@jest/globals'
import { type GitHubLab, type Permissions, type PullRequest, type Repository, startGitHub } from '../index.ts'

/** The start of most tests: a repository with an open pull request, and a way to call the API on it. */
export interface Scene {
  lab: GitHubLab
  repository: Repository
  pullRequest: PullRequest
  where: { owner: string; repo: string }
}

const open: GitHubLab[] = []

afterEach(async () => {
  const labs = open.splice(0)
  for (const lab of labs) await lab.close()
})

/** Starts a stand-in that is closed after the test. */
export async function startLab(now?: Date): Promise<GitHubLab> {
  const lab = await startGitHub(now === undefined ? {} : { now })
  open.push(lab)
  return lab
}

/** `owner/site` with two files on main, and `author`'s pull request that changes one of them. */
export async function openScene(): Promise<Scene> {
  const lab = await startLab(new Date('2026-01-01T00:00:00Z'))
  const files = { 'main.tf': 'a = 1\n', 'docs/read.md': 'text\n' }
  const repository = lab.world.repository({ owner: 'owner', name: 'site', files })
  for (const login of ['author', 'reviewer']) repository.permit(login, 'write')
  lab.world.user('outsider')
  repository.push({ branch: 'feature', files: { 'main.tf': 'a = 2\n' }, message: 'Raise a', by: 'author' })
  const pullRequest = repository.openPullRequest({ head: 'feature', author: 'author', title: 'Raise a' })
  return { lab, repository, pullRequest, where: { owner: 'owner', repo: 'site' } }
}

/** The client that actions use, with the token of a run of the scene's pull request. */
export function clientOf({ lab, repository, pullRequest }: Scene, permissions?: Permissions) {
  const { headSha } = pullRequest
  const run = repository.run({
    event: 'pull_request',
    headSha,
    actor: 'author',
    pullRequest,
    ...(permissions && { permissions }),
  })
  return getOctokit(run.token, { baseUrl: lab.apiUrl })
}

/** The same client for a person. */
export function clientFor({ lab }: Scene, login: string) {
  return getOctokit(lab.world.token(login), { baseUrl: lab.apiUrl })
}

/** Expects that neither a request nor a reply broke GitHub's description. */
export function expectNoViolations({ violations }: GitHubLab): void {
  expect(violations).toEqual([])
}
