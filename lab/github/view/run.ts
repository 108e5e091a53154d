import type { Artifact } from '../world/artifact.ts'
import { timestamp } from '../world/clock.ts'
import { readCommit } from '../world/git.ts'
import type { Approval, Run } from '../world/run.ts'
import { simpleCommitJson } from './commit.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { minimalPullRequestJson } from './pull-request.ts'
import { minimalRepositoryJson } from './repository.ts'
import { userJson } from './user.ts'

const DEFAULT_WORKFLOW = '.github/workflows/pipeline.yml'

function urlsOf(run: Run): Json {
  const api = `${apiOf(run.repository)}/actions`
  const url = `${api}/runs/${run.id}`
  return {
    url,
    html_url: `${pageOf(run.repository)}/actions/runs/${run.id}`,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${apiOf(run.repository)}/check-suites/${run.identity.number}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/workflows/${run.identity.number}`,
  }
}

/** The schema `workflow-run`. GitHub lists no pull requests for a fork's run. */
export function runJson(run: Run): Json {
  const { repository, request, identity } = run
  const { urls } = repository.world
  const { pullRequest } = request
  const commit = readCommit(repository.gitDir, request.headSha)
  const fromFork = pullRequest !== undefined && pullRequest.headRepository !== repository
  const headRepository = pullRequest?.headRepository ?? repository
  return {
    id: run.id,
    name: 'pipeline',
    node_id: nodeId('WorkflowRun', run.id),
    head_branch: run.headBranch,
    head_sha: request.headSha,
    path: request.workflow ?? DEFAULT_WORKFLOW,
    display_title: pullRequest?.issue.title ?? commit.message.split('\n')[0],
    run_number: identity.number,
    run_attempt: run.attempt,
    referenced_workflows: [],
    event: request.event,
    status: run.conclusion === null ? 'in_progress' : 'completed',
    conclusion: run.conclusion,
    workflow_id: identity.number,
    check_suite_id: identity.number,
    check_suite_node_id: nodeId('CheckSuite', identity.number),
    ...urlsOf(run),
    pull_requests: pullRequest === undefined || fromFork ? [] : [minimalPullRequestJson(pullRequest)],
    created_at: timestamp(identity.createdAt),
    updated_at: timestamp(run.updatedAt),
    run_started_at: timestamp(run.startedAt),
    actor: userJson(run.actor, urls),
    triggering_actor: userJson(run.triggeringActor, urls),
    head_commit: simpleCommitJson(commit),
    repository: minimalRepositoryJson(repository),
    head_repository: minimalRepositoryJson(headRepository),
  }
}

/** The schema `environment-approvals`. */
export function approvalJson(run: Run, approval: Approval): Json {
  const { environment: name, environmentId: id } = approval
  const at = timestamp(approval.at)
  const environment = {
    id,
    node_id: nodeId('Environment', id),
    name,
    url: `${apiOf(run.repository)}/environments/${encodeURIComponent(name)}`,
    html_url: `${pageOf(run.repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: at,
    updated_at: at,
  }
  const user = userJson(approval.by, run.repository.world.urls)
  return { state: approval.state, comment: approval.comment, environments: [environment], user }
}

/** The schema `artifact`. */
export function artifactJson(artifact: Artifact): Json {
  const { run } = artifact
  const { repository } = run
  const url = `${apiOf(repository)}/actions/artifacts/${artifact.id}`
  const headRepository = run.request.pullRequest?.headRepository ?? repository
  return {
    id: artifact.id,
    node_id: nodeId('Artifact', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.content?.length ?? 0,
    url,
    archive_download_url: `${url}/zip`,
    expired: artifact.expiresAt <= repository.world.clock.now(),
    digest: artifact.digest,
    created_at: timestamp(artifact.createdAt),
    updated_at: timestamp(artifact.createdAt),
    expires_at: timestamp(artifact.expiresAt),
    workflow_run: {
      id: run.id,
      repository_id: repository.id,
      head_repository_id: headRepository.id,
      head_branch: run.headBranch,
      head_sha: run.request.headSha,
    },
  }
}
