import { checkRunJson } from '../view/check.ts'
import type { Json } from '../view/json.ts'
import type { CheckRun } from '../world/check.ts'
import { resolveCommit } from '../world/git.ts'
import { countedReply } from './page.ts'
import { ApiError, type Call, commitOf, notFound, ok, type Reply, type Route, repositoryOf } from './route.ts'

interface OutputBody {
  title?: string
  summary?: string
  text?: string
  annotations?: unknown[]
}

function dateOf(value: unknown): Date | null {
  return typeof value === 'string' ? new Date(value) : null
}

function applyOutput(check: CheckRun, output: OutputBody | undefined): void {
  if (output === undefined) return
  const { title = check.output.title, summary = check.output.summary, text = check.output.text } = output
  check.output = { title, summary, text }
  check.annotations.push(...(output.annotations ?? []))
}

/** Writes a body's fields over a check run; a conclusion completes it, whatever status says. */
function apply(check: CheckRun, body: Json, now: Date): void {
  const { name, status, conclusion, details_url: detailsUrl, external_id: externalId } = body
  if (typeof name === 'string') check.name = name
  if (typeof detailsUrl === 'string') check.detailsUrl = detailsUrl
  if (typeof externalId === 'string') check.externalId = externalId
  if (typeof status === 'string') check.status = status as CheckRun['status']
  check.startedAt = dateOf(body['started_at']) ?? check.startedAt
  applyOutput(check, body['output'] as OutputBody | undefined)
  if (typeof conclusion !== 'string') return
  Object.assign(check, { conclusion, status: 'completed', completedAt: dateOf(body['completed_at']) ?? now })
}

function create(call: Call): Reply {
  const repository = repositoryOf(call)
  const headSha = String(call.body['head_sha'])
  if (resolveCommit(repository.gitDir, headSha) === null) throw new ApiError(422, `No commit found for SHA: ${headSha}`)
  const now = call.world.clock.tick()
  const check: CheckRun = {
    id: call.world.nextId(),
    name: '',
    headSha,
    status: 'queued',
    conclusion: null,
    startedAt: now,
    completedAt: null,
    detailsUrl: null,
    externalId: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
  }
  apply(check, call.body, now)
  repository.checkRuns.push(check)
  return { status: 201, body: checkRunJson(repository, check) }
}

function checkOf(call: Call): CheckRun {
  const id = Number(call.params['check_run_id'])
  const check = repositoryOf(call).checkRuns.find((candidate) => candidate.id === id)
  if (check === undefined) throw notFound()
  return check
}

function update(call: Call): Reply {
  const check = checkOf(call)
  apply(check, call.body, call.world.clock.tick())
  return ok(checkRunJson(repositoryOf(call), check))
}

/** By default only the newest check run of each name. */
function listForRef(call: Call): Reply {
  const repository = repositoryOf(call)
  const { query } = call
  const sha = commitOf(repository, call.params['ref'] ?? '')
  const [name, status] = [query.get('check_name'), query.get('status')]
  const onCommit = repository.checkRuns.filter(({ headSha }) => headSha === sha)
  const found = onCommit
    .filter(
      (check) => query.get('filter') === 'all' || onCommit.findLast((other) => other.name === check.name) === check,
    )
    .filter((check) => name === null || check.name === name)
    .filter((check) => status === null || check.status === status)
  return countedReply(call, 'check_runs', found, (check) => checkRunJson(repository, check))
}

export const checkRoutes: Route[] = [
  { operation: 'POST /repos/{owner}/{repo}/check-runs', needs: ['checks:write'], handle: create },
  {
    operation: 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}',
    needs: ['checks:read'],
    handle: (call) => ok(checkRunJson(repositoryOf(call), checkOf(call))),
  },
  { operation: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', needs: ['checks:write'], handle: update },
  { operation: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs', needs: ['checks:read'], handle: listForRef },
]
