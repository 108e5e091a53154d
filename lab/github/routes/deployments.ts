import { deploymentJson, deploymentStatusJson } from '../view/deployment.ts'
import type { Json } from '../view/json.ts'
import { addDeployment, addStatus, type Deployment, type DeploymentState } from '../world/deployment.ts'
import { branchTip, isAncestor, resolveCommit } from '../world/git.ts'
import { mergeCommit } from '../world/merge.ts'
import type { Repository } from '../world/repository.ts'
import { signatureOf, type User, webFlow } from '../world/user.ts'
import { listReply } from './page.ts'
import { ApiError, type Call, invalid, notFound, ok, type Reply, type Route, repositoryOf, userOf } from './route.ts'

/** The most characters of a status's description. */
export const DESCRIPTION_LIMIT = 140

function textOf(body: Json, key: string): string | null {
  const value = body[key]
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * `auto_merge`: a branch that is behind the default branch gets that one merged instead of being deployed.
 *
 * @returns the reply, or null where nothing is behind
 */
function autoMerge(repository: Repository, branch: string, actor: User): Reply | null {
  const { gitDir, defaultBranch, world } = repository
  const head = branchTip(gitDir, branch)
  const base = repository.tip(defaultBranch)
  if (head === null || isAncestor(gitDir, base, head)) return null
  const date = world.clock.tick()
  const message = `Merge branch '${defaultBranch}' into ${branch}`
  const signatures = { author: signatureOf(actor, date), committer: webFlow(date) }
  const sha = mergeCommit({ gitDir, base: head, head: base, message, ...signatures })
  if (sha === null) throw new ApiError(409, `Conflict merging ${defaultBranch} into ${branch}.`)
  repository.moveBranch(branch, sha, actor)
  return { status: 202, body: { message: `Auto-merged ${defaultBranch} into ${branch} on deployment.` } }
}

/** Checks that aren't successful keep a commit from being deployed: all of them, unless `required` names some. */
function requireChecks({ checkRuns }: Repository, ref: string, sha: string, required: string[] | undefined): void {
  const onCommit = checkRuns.filter(({ headSha }) => headSha === sha)
  const names = new Set(required ?? onCommit.map(({ name }) => name))
  const isPassed = (name: string) =>
    ['success', 'neutral', 'skipped'].includes(onCommit.findLast((check) => check.name === name)?.conclusion ?? '')
  if ([...names].every(isPassed)) return
  const error = { resource: 'Deployment', field: 'required_contexts', code: 'invalid' }
  throw new ApiError(409, `Conflict: Commit status checks failed for ${ref}.`, { errors: [error] })
}

function create(call: Call): Reply {
  const { body } = call
  const repository = repositoryOf(call)
  const creator = userOf(call)
  const ref = String(body['ref'])
  const sha = resolveCommit(repository.gitDir, ref)
  if (sha === null) throw new ApiError(422, `No ref found for: ${ref}`)
  const merged = body['auto_merge'] === false ? null : autoMerge(repository, ref, creator)
  if (merged !== null) return merged
  requireChecks(repository, ref, sha, body['required_contexts'] as string[] | undefined)
  const environment = textOf(body, 'environment') ?? 'production'
  const deployment = addDeployment({
    repository,
    ref,
    sha,
    creator,
    environment,
    task: textOf(body, 'task') ?? 'deploy',
    description: textOf(body, 'description'),
    payload: (body['payload'] ?? {}) as Deployment['payload'],
    transient: body['transient_environment'] === true,
    production:
      body['production_environment'] === undefined
        ? environment === 'production'
        : body['production_environment'] === true,
  })
  return { status: 201, body: deploymentJson(deployment) }
}

function list(call: Call): Reply {
  const wanted = (['sha', 'ref', 'task', 'environment'] as const).flatMap((key) => {
    const value = call.query.get(key)
    return value === null ? [] : [{ key, value }]
  })
  const found = repositoryOf(call).deployments.filter((deployment) =>
    wanted.every(({ key, value }) => deployment[key] === value),
  )
  return listReply(call, found.toReversed(), deploymentJson)
}

function deploymentOf(call: Call): Deployment {
  const id = Number(call.params['deployment_id'])
  const deployment = repositoryOf(call).deployments.find((candidate) => candidate.id === id)
  if (deployment === undefined) throw notFound()
  return deployment
}

/** An address of a status: absent, or one that a browser may be sent to. */
function addressOf(body: Json, field: string): string | null {
  const address = textOf(body, field)
  if (address === null || /^https?:\/\//i.test(address)) return address
  const message = `${field} must use http(s) scheme`
  throw invalid({ resource: 'DeploymentStatus', field, code: 'custom', message })
}

function descriptionOf(body: Json): string {
  const description = textOf(body, 'description') ?? ''
  if ([...description].length <= DESCRIPTION_LIMIT) return description
  const message = `description is too long (maximum is ${DESCRIPTION_LIMIT} characters)`
  throw invalid({ resource: 'DeploymentStatus', field: 'description', code: 'custom', message })
}

function createStatus(call: Call): Reply {
  const { body } = call
  const deployment = deploymentOf(call)
  const status = {
    state: body['state'] as DeploymentState,
    creator: userOf(call),
    description: descriptionOf(body),
    environment: textOf(body, 'environment') ?? deployment.environment,
    logUrl: addressOf(body, 'log_url') ?? addressOf(body, 'target_url'),
    environmentUrl: addressOf(body, 'environment_url'),
  }
  const added = addStatus(deployment, status, { autoInactive: body['auto_inactive'] !== false })
  return { status: 201, body: deploymentStatusJson(deployment, added) }
}

function listStatuses(call: Call): Reply {
  const deployment = deploymentOf(call)
  return listReply(call, deployment.statuses.toReversed(), (status) => deploymentStatusJson(deployment, status))
}

export const deploymentRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/deployments', needs: ['deployments:read'], handle: list },
  { operation: 'POST /repos/{owner}/{repo}/deployments', needs: ['deployments:write'], handle: create },
  {
    operation: 'GET /repos/{owner}/{repo}/deployments/{deployment_id}',
    needs: ['deployments:read'],
    handle: (call) => ok(deploymentJson(deploymentOf(call))),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    needs: ['deployments:read'],
    handle: listStatuses,
  },
  {
    operation: 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    needs: ['deployments:write'],
    handle: createStatus,
  },
]
