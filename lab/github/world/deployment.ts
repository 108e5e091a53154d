import type { Repository } from './repository.ts'
import type { User } from './user.ts'

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success'

/** How a deployment went at a time; `description` has 140 characters at most. */
export interface DeploymentStatus {
  id: number
  state: DeploymentState
  creator: User
  description: string
  environment: string
  logUrl: string | null
  environmentUrl: string | null
  createdAt: Date
}

/** A commit on its way to an environment; `statuses` are oldest first, and without one it is pending. */
export interface Deployment {
  id: number
  repository: Repository
  /** As it was asked for: a branch, a tag or an SHA. */
  ref: string
  sha: string
  task: string
  /** A status may name another one than the deployment was made for. */
  environment: string
  originalEnvironment: string
  description: string | null
  payload: Record<string, unknown> | string
  /** Goes away some day, as a preview does. */
  transient: boolean
  /** Serves people. */
  production: boolean
  creator: User
  createdAt: Date
  updatedAt: Date
  statuses: DeploymentStatus[]
}

type Assigned = 'id' | 'createdAt' | 'updatedAt' | 'statuses' | 'originalEnvironment'

export function addDeployment(spec: Omit<Deployment, Assigned>): Deployment {
  const { world, deployments } = spec.repository
  const createdAt = world.clock.tick()
  const identity = { id: world.nextId(), createdAt, updatedAt: createdAt }
  const deployment = { ...spec, ...identity, originalEnvironment: spec.environment, statuses: [] }
  deployments.push(deployment)
  return deployment
}

/** How the deployment stands now. */
export function stateOf({ statuses }: Deployment): DeploymentState {
  return statuses.at(-1)?.state ?? 'pending'
}

export function addStatus(
  deployment: Deployment,
  spec: Omit<DeploymentStatus, 'id' | 'createdAt'>,
  { autoInactive }: { autoInactive: boolean },
): DeploymentStatus {
  const { world } = deployment.repository
  const status = { ...spec, id: world.nextId(), createdAt: world.clock.tick() }
  deployment.statuses.push(status)
  deployment.environment = status.environment
  deployment.updatedAt = status.createdAt
  if (autoInactive && status.state === 'success') supersede(deployment, status.creator)
  return status
}

/**
 * What `auto_inactive` does: "Adds a new `inactive` status to all prior non-transient, non-production environment
 * deployments with the same repository and `environment` name […] that had a `success` state."
 */
function supersede(successor: Deployment, creator: User): void {
  const { repository, environment } = successor
  const superseded = repository.deployments.filter(
    (other) =>
      other.id < successor.id &&
      other.environment === environment &&
      !other.transient &&
      !other.production &&
      stateOf(other) === 'success',
  )
  const nothing = { description: '', logUrl: null, environmentUrl: null }
  for (const other of superseded) {
    addStatus(other, { ...nothing, state: 'inactive', creator, environment }, { autoInactive: false })
  }
}
