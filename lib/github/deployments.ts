import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type GitHub, isForbidden, statusOf } from './client.ts'

/** What is to be deployed where. */
export interface DeploymentRequest {
  /** A branch, a tag or an SHA of this repository. */
  ref: string
  environment: string
  /** Plain text; cut to 140 characters. */
  description: string
  /** What kind of work it is; GitHub's default is `deploy`. */
  task?: string
  /** For those who listen to deployments; kept as JSON. */
  payload?: Readonly<Record<string, unknown>>
  /** The environment goes away some day, as a preview does. Default: false. */
  transientEnvironment?: boolean
  /** People use the environment. GitHub's default: true for the name `production`, else false. */
  productionEnvironment?: boolean
}

/** A deployment that GitHub keeps. Plain data, so that a later step can go on with it. */
export interface Deployment {
  id: number
  environment: string
}

/** How a deployment goes. */
export interface DeploymentStatus {
  state: 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'
  /** Plain text; cut to 140 characters. */
  description: string
  /** http(s) address of the run. */
  logUrl: string
  /** http(s) address where the environment is used. */
  environmentUrl?: string
  /**
   * On `success` GitHub makes the environment's earlier successful deployments inactive, except transient and production
   * ones: https://docs.github.com/en/rest/deployments/deployments#inactive-deployments
   */
  autoInactive: boolean
}

/** The token may not write deployments (a fork's or Dependabot's run, or no `deployments: write`). */
export interface Forbidden {
  kind: 'forbidden'
}

/** GitHub's limit of a status: https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status */
const DESCRIPTION_CHARACTERS = 140
const MAX_TRIES = 4

/**
 * Tells GitHub that a deployment begins. Needs the permission `deployments: write`. The ref is deployed as it is: GitHub
 * merges nothing into it and asks for no checks, because the run that deploys is a check that isn't finished.
 *
 * A failed request may have been carried out. So a key goes with it, and it is looked for before the next try: a lost reply
 * ends in one deployment.
 *
 * @throws the API's error, 422 for a ref that the repository hasn't
 */
export function openDeployment(
  github: GitHub,
  request: DeploymentRequest,
): Promise<{ kind: 'opened'; deployment: Deployment } | Forbidden> {
  const key = randomUUID()
  return unlessForbidden(async () => {
    const deployment = await onceOnly(
      () => create(github, request, key),
      () => find(github, request, key),
    )
    return { kind: 'opened', deployment }
  })
}

/**
 * Adds a status to a deployment; a lost reply doesn't add it twice. Needs the permission `deployments: write`.
 *
 * @throws the API's error, 404 for a deployment that was deleted
 */
export function setStatus(
  github: GitHub,
  deployment: Deployment,
  status: DeploymentStatus,
): Promise<{ kind: 'set' } | Forbidden> {
  return unlessForbidden(async () => {
    await onceOnly(
      () => addStatus(github, deployment, status),
      () => findStatus(github, deployment, status),
    )
    return { kind: 'set' }
  })
}

async function unlessForbidden<T>(write: () => Promise<T>): Promise<T | Forbidden> {
  try {
    return await write()
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden' }
    throw error
  }
}

/** Writes until there was an answer, unless what was written without one is found. */
async function onceOnly<T>(write: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      const answered = (statusOf(error) ?? 500) < 500
      if (answered || tries === MAX_TRIES) throw error
    }
    await setTimeout(250 * 2 ** tries)
    const written = await find()
    if (written !== undefined) return written
  }
}

/** Of the payload, where the key of a request is kept. */
const KEY = 'ondol_request'

async function create(github: GitHub, request: DeploymentRequest, key: string): Promise<Deployment> {
  const { ref, environment, description, task, payload, transientEnvironment, productionEnvironment } = request
  const { data } = await github.rest.repos.createDeployment({
    ...github.repository,
    ref,
    environment,
    description: line(description),
    payload: { ...payload, [KEY]: key },
    auto_merge: false,
    required_contexts: [],
    ...(task !== undefined && { task }),
    ...(transientEnvironment !== undefined && { transient_environment: transientEnvironment }),
    ...(productionEnvironment !== undefined && { production_environment: productionEnvironment }),
  })
  if (!('id' in data)) throw new Error(`GitHub made no deployment of ${ref}: ${data.message}`)
  return { id: data.id, environment }
}

async function find(
  github: GitHub,
  { ref, environment }: DeploymentRequest,
  key: string,
): Promise<Deployment | undefined> {
  const { data } = await github.rest.repos.listDeployments({ ...github.repository, ref, environment })
  const found = data.find(({ payload }) => JSON.stringify(payload).includes(key))
  return found && { id: found.id, environment }
}

async function addStatus(github: GitHub, deployment: Deployment, status: DeploymentStatus): Promise<true> {
  const { state, description, logUrl, environmentUrl, autoInactive } = status
  await github.rest.repos.createDeploymentStatus({
    ...github.repository,
    deployment_id: deployment.id,
    state,
    description: line(description),
    log_url: logUrl,
    auto_inactive: autoInactive,
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  })
  return true
}

/** Whether the newest status is this one; `inactive` may also have come from a later deployment meanwhile. */
async function findStatus(github: GitHub, { id }: Deployment, status: DeploymentStatus): Promise<true | undefined> {
  const { data } = await github.rest.repos.listDeploymentStatuses({ ...github.repository, deployment_id: id })
  const newest = data.find(({ state }) => state === status.state || state !== 'inactive')
  const isThis =
    newest?.state === status.state &&
    newest.description === line(status.description) &&
    newest.log_url === status.logUrl
  return isThis || undefined
}

/** One line of at most 140 characters, as GitHub counts them. */
function line(text: string): string {
  const characters = [...text.replace(/\s+/g, ' ').trim()]
  return characters.length <= DESCRIPTION_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, DESCRIPTION_CHARACTERS - 1).join('')}…`
}
