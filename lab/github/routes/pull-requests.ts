import { commitJson, fileJson } from '../view/commit.ts'
import { changedFiles, pullRequestJson, reviewJson, simplePullRequestJson } from '../view/pull-request.ts'
import { listReply } from './page.ts'
import { type Call, ok, pullRequestOf, type Reply, type Route, repositoryOf } from './route.ts'

function list(call: Call): Reply {
  const { query } = call
  const [state, head, base] = [query.get('state') ?? 'open', query.get('head'), query.get('base')]
  const found = repositoryOf(call)
    .pullRequests.filter(({ issue }) => state === 'all' || issue.state === state)
    .filter((one) => head === null || `${one.headRepository.owner.login}:${one.headBranch}` === head)
    .filter(({ baseBranch }) => base === null || baseBranch === base)
  const ordered = query.get('direction') === 'asc' ? found : found.toReversed()
  return listReply(call, ordered, simplePullRequestJson)
}

function files(call: Call): Reply {
  const pullRequest = pullRequestOf(call)
  const { repository, headSha } = pullRequest
  return listReply(call, changedFiles(pullRequest), (change) => fileJson(repository, headSha, change))
}

function commits(call: Call): Reply {
  const pullRequest = pullRequestOf(call)
  return listReply(call, pullRequest.commits(), (sha) => commitJson(pullRequest.repository, sha))
}

function reviews(call: Call): Reply {
  const pullRequest = pullRequestOf(call)
  return listReply(call, pullRequest.reviews, (review) => reviewJson(pullRequest, review))
}

export const pullRequestRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/pulls', needs: ['pull-requests:read'], handle: list },
  {
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    needs: ['pull-requests:read'],
    handle: (call) => ok(pullRequestJson(pullRequestOf(call))),
  },
  { operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files', needs: ['pull-requests:read'], handle: files },
  {
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits',
    needs: ['pull-requests:read'],
    handle: commits,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
    needs: ['pull-requests:read'],
    handle: reviews,
  },
]
