import type { GitHubLab, PullRequest, Repository } from '../../index.ts'
import { startLab } from '../../support/lab.ts'

export interface PageScene {
  lab: GitHubLab
  repository: Repository
  pullRequest: PullRequest
  /** The address of the pull request's page. */
  address: string
}

const MAIN = 'variable "size" {\n  default = 1\n}\n\noutput "size" {\n  value = var.size\n}\n'

export const DESCRIPTION = `Raises the size.

- [x] planned
- [ ] applied

\`\`\`mermaid
graph LR
  Plan --> Review --> Apply
\`\`\`
`

/** `owner/site` on a stand-in that is closed after the test, and `author`'s pull request with `body`. */
export async function openPageScene(body: string): Promise<PageScene> {
  const lab = await startLab(new Date('2026-01-01T00:00:00Z'))
  const repository = lab.world.repository({ owner: 'owner', name: 'site', files: { 'infra/main.tf': MAIN } })
  for (const login of ['author', 'reviewer']) repository.permit(login, 'write')
  const files = { 'infra/main.tf': MAIN.replace('default = 1', 'default = 2') }
  repository.push({ branch: 'raise', files, message: 'Raise the size', by: 'author' })
  const pullRequest = repository.openPullRequest({ head: 'raise', author: 'author', title: 'Raise the size', body })
  return { lab, repository, pullRequest, address: `${lab.serverUrl}/owner/site/pull/${pullRequest.number}` }
}
