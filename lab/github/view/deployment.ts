import { timestamp } from '../world/clock.ts'
import type { Deployment, DeploymentStatus } from '../world/deployment.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { userJson, viaApp } from './user.ts'

function urlOf({ repository, id }: Deployment): string {
  return `${apiOf(repository)}/deployments/${id}`
}

/** The schema `deployment`. */
export function deploymentJson(deployment: Deployment): Json {
  const { repository, id, creator } = deployment
  const { urls } = repository.world
  const url = urlOf(deployment)
  return {
    url,
    id,
    node_id: nodeId('Deployment', id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.originalEnvironment,
    environment: deployment.environment,
    description: deployment.description,
    creator: userJson(creator, urls),
    created_at: timestamp(deployment.createdAt),
    updated_at: timestamp(deployment.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: apiOf(repository),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: viaApp(creator, urls),
  }
}

/**
 * The schema `deployment-status`. GitHub sends empty addresses where there are none, which its own description doesn't
 * allow: ours lead to the list of deployments, or are left out.
 */
export function deploymentStatusJson(deployment: Deployment, status: DeploymentStatus): Json {
  const { repository } = deployment
  const { urls } = repository.world
  const { id, state, creator, description, environment, environmentUrl, createdAt } = status
  const log = status.logUrl ?? `${pageOf(repository)}/deployments`
  const at = timestamp(createdAt)
  return {
    url: `${urlOf(deployment)}/statuses/${id}`,
    id,
    node_id: nodeId('DeploymentStatus', id),
    state,
    creator: userJson(creator, urls),
    description,
    environment,
    target_url: log,
    log_url: log,
    ...(environmentUrl === null ? {} : { environment_url: environmentUrl }),
    created_at: at,
    updated_at: at,
    deployment_url: urlOf(deployment),
    repository_url: apiOf(repository),
    performed_via_github_app: viaApp(creator, urls),
  }
}
