import type { CheckRun } from '../world/check.ts'
import { timestamp } from '../world/clock.ts'
import type { Repository } from '../world/repository.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { minimalPullRequestJson } from './pull-request.ts'
import { ACTIONS_APP_ID, actionsAppJson } from './user.ts'

/** The schema `check-run`. */
export function checkRunJson(repository: Repository, check: CheckRun): Json {
  const url = `${apiOf(repository)}/check-runs/${check.id}`
  const page = `${pageOf(repository)}/runs/${check.id}`
  const pullRequests = repository.pullRequests.filter(
    ({ issue, headSha }) => issue.state === 'open' && headSha === check.headSha,
  )
  return {
    id: check.id,
    node_id: nodeId('CheckRun', check.id),
    name: check.name,
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: page,
    details_url: check.detailsUrl ?? page,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt === null ? null : timestamp(check.startedAt),
    completed_at: check.completedAt === null ? null : timestamp(check.completedAt),
    output: {
      ...check.output,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: ACTIONS_APP_ID },
    app: actionsAppJson(repository.world.urls),
    pull_requests: pullRequests.map(minimalPullRequestJson),
  }
}
