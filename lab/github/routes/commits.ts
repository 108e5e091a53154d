import { commitJson, fileJson, fullCommitJson, gitCommitJson } from '../view/commit.ts'
import { apiOf, pageOf } from '../view/json.ts'
import { simplePullRequestJson } from '../view/pull-request.ts'
import { diffTrees } from '../world/diff.ts'
import { git, isAncestor, listCommits, resolveCommit } from '../world/git.ts'
import { mergeBase } from '../world/merge.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Repository } from '../world/repository.ts'
import { listReply, pageOf as pageOfList } from './page.ts'
import { type Call, commitOf, notFound, ok, type Reply, type Route, repositoryOf } from './route.ts'

/** The newest commits first; GitHub's lists of a branch have no filter here but `path`. */
function list(call: Call): Reply {
  const repository = repositoryOf(call)
  const start = call.query.get('sha') ?? repository.defaultBranch
  const sha = resolveCommit(repository.gitDir, start)
  if (sha === null) throw notFound()
  const path = call.query.get('path')
  const only = path === null ? [] : ['--', path]
  const shas = git(repository.gitDir, ['rev-list', sha, ...only])
    .split('\n')
    .filter(Boolean)
  return listReply(call, shas, (found) => commitJson(repository, found))
}

function get(call: Call): Reply {
  const repository = repositoryOf(call)
  return ok(fullCommitJson(repository, commitOf(repository, call.params['ref'] ?? '')))
}

function getGitCommit(call: Call): Reply {
  const repository = repositoryOf(call)
  const sha = resolveCommit(repository.gitDir, call.params['commit_sha'] ?? '')
  if (sha === null) throw notFound()
  return ok(gitCommitJson(repository, sha))
}

/**
 * GitHub's rule: the merged pull requests that brought a commit to the default branch; for a commit that isn't there,
 * every pull request that holds it.
 */
function pullRequestsOf(repository: Repository, sha: string): PullRequest[] {
  const { gitDir } = repository
  const onDefault = isAncestor(gitDir, sha, repository.tip(repository.defaultBranch))
  const holds = ({ headSha, baseSha }: PullRequest) =>
    isAncestor(gitDir, sha, headSha) && !isAncestor(gitDir, sha, baseSha)
  return repository.pullRequests.filter((pullRequest) =>
    onDefault ? pullRequest.merged?.commits.includes(sha) === true : holds(pullRequest),
  )
}

function pullRequests(call: Call): Reply {
  const repository = repositoryOf(call)
  const sha = commitOf(repository, call.params['commit_sha'] ?? '')
  return listReply(call, pullRequestsOf(repository, sha), simplePullRequestJson)
}

/** `base...head`, where `owner:branch` means the fork's branch. */
function compared(repository: Repository, name: string): string {
  const [owner, branch] = name.includes(':') ? name.split(':') : [null, name]
  const place = owner === null ? repository : repository.world.findRepository(owner ?? '', repository.name)
  const sha = place === null ? null : resolveCommit(place.gitDir, branch ?? '')
  if (sha === null || resolveCommit(repository.gitDir, sha) === null) throw notFound()
  return sha
}

function comparisonStatus(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead'
  return behind > 0 ? 'behind' : 'identical'
}

function compare(call: Call): Reply {
  const repository = repositoryOf(call)
  const { gitDir } = repository
  const basehead = call.params['basehead'] ?? ''
  const [base = '', head = ''] = basehead.split('...').map((name) => compared(repository, name))
  const fork = mergeBase(gitDir, base, head)
  if (fork === null) throw notFound(`No common ancestor between ${base} and ${head}.`)
  const ahead = listCommits(gitDir, `${base}..${head}`)
  const behind = listCommits(gitDir, `${head}..${base}`)
  const page = `${pageOf(repository)}/compare/${encodeURI(basehead)}`
  const { items, headers } = pageOfList(call, ahead)
  return {
    status: 200,
    headers,
    body: {
      url: `${apiOf(repository)}/compare/${encodeURI(basehead)}`,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: commitJson(repository, base),
      merge_base_commit: commitJson(repository, fork),
      status: comparisonStatus(ahead.length, behind.length),
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: items.map((sha) => commitJson(repository, sha)),
      files: diffTrees(gitDir, fork, head).map((change) => fileJson(repository, head, change)),
    },
  }
}

export const commitRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/commits', needs: ['contents:read'], handle: list },
  { operation: 'GET /repos/{owner}/{repo}/commits/{ref}', needs: ['contents:read'], handle: get },
  { operation: 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}', needs: ['contents:read'], handle: getGitCommit },
  {
    operation: 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    needs: ['pull-requests:read'],
    handle: pullRequests,
  },
  { operation: 'GET /repos/{owner}/{repo}/compare/{basehead}', needs: ['contents:read'], handle: compare },
]
