import { createHash } from 'node:crypto'
import type { Artifact } from '../world/artifact.ts'
import { timestamp } from '../world/clock.ts'
import type { Run } from '../world/run.ts'
import { signedUrl } from './signature.ts'

/** A Twirp error; its code decides the HTTP status. */
export class TwirpError extends Error {
  readonly code: 'already_exists' | 'invalid_argument' | 'not_found' | 'permission_denied' | 'unauthenticated'

  constructor(code: TwirpError['code'], message: string) {
    super(message)
    this.code = code
  }
}

type Message = Record<string, unknown>
type Method = (run: Run, request: Message) => Message

const RETENTION_DAYS = 90
const FORBIDDEN_IN_NAMES = /[":<>|*?\r\n\\/]/

/** What each method can't do without; the names are those of the service's protocol buffers. */
const REQUIRED: Record<string, string[]> = {
  CreateArtifact: ['workflow_run_backend_id', 'workflow_job_run_backend_id', 'name', 'version'],
  FinalizeArtifact: ['workflow_run_backend_id', 'workflow_job_run_backend_id', 'name', 'size'],
  ListArtifacts: ['workflow_run_backend_id', 'workflow_job_run_backend_id'],
  GetSignedArtifactURL: ['workflow_run_backend_id', 'workflow_job_run_backend_id', 'name'],
  DeleteArtifact: ['workflow_run_backend_id', 'workflow_job_run_backend_id', 'name'],
}

function nameOf({ name }: Message): string {
  const text = String(name)
  if (text === '' || FORBIDDEN_IN_NAMES.test(text)) {
    throw new TwirpError('invalid_argument', `the artifact name ${text} is not valid`)
  }
  return text
}

function expiryOf(run: Run, { expires_at: wanted }: Message): Date {
  if (typeof wanted === 'string') return new Date(wanted)
  return new Date(run.repository.world.clock.now().getTime() + RETENTION_DAYS * 86_400_000)
}

const create: Method = (run, request) => {
  const name = nameOf(request)
  const { world, artifacts } = run.repository
  if (artifacts.some((other) => other.run === run && other.name === name)) {
    throw new TwirpError('already_exists', 'an artifact with this name already exists on the workflow run')
  }
  const artifact: Artifact = {
    id: world.nextId(),
    run,
    name,
    mimeType: String(request['mime_type'] ?? 'application/zip'),
    content: null,
    blocks: new Map(),
    digest: null,
    finalized: false,
    createdAt: world.clock.tick(),
    expiresAt: expiryOf(run, request),
  }
  artifacts.push(artifact)
  return { ok: true, signed_upload_url: signedUrl(world, artifact, 'w') }
}

const finalize: Method = (run, request) => {
  const artifact = run.repository.artifacts.find((one) => one.run === run && one.name === request['name'])
  if (artifact === undefined || artifact.content === null) {
    throw new TwirpError('not_found', 'no uploaded artifact of this name')
  }
  const digest = `sha256:${createHash('sha256').update(artifact.content).digest('hex')}`
  if (request['hash'] !== undefined && request['hash'] !== digest) {
    throw new TwirpError('invalid_argument', 'the digest is not that of the uploaded content')
  }
  if (Number(request['size']) !== artifact.content.length) {
    throw new TwirpError('invalid_argument', 'the size is not that of the uploaded content')
  }
  Object.assign(artifact, { digest, finalized: true })
  run.repository.world.clock.tick()
  return { ok: true, artifact_id: `${artifact.id}` }
}

function describe(artifact: Artifact): Message {
  const { run } = artifact
  return {
    workflow_run_backend_id: run.identity.backendId,
    workflow_job_run_backend_id: run.jobBackendId,
    database_id: `${artifact.id}`,
    name: artifact.name,
    size: `${artifact.content?.length ?? 0}`,
    created_at: timestamp(artifact.createdAt),
    digest: artifact.digest,
  }
}

const list: Method = (run, { name_filter: name, id_filter: id }) => {
  const found = run
    .artifacts()
    .filter((artifact) => name === undefined || artifact.name === name)
    .filter((artifact) => id === undefined || `${artifact.id}` === `${id}`)
  return { artifacts: found.map(describe) }
}

/** Attempts of a run keep artifacts of the same name side by side; the job's id says whose is meant. */
function uploaded(run: Run, request: Message): Artifact {
  const artifact = run
    .artifacts()
    .findLast((one) => one.name === request['name'] && one.run.jobBackendId === request['workflow_job_run_backend_id'])
  if (artifact === undefined) throw new TwirpError('not_found', `no artifact ${request['name']} on the workflow run`)
  return artifact
}

const getSignedUrl: Method = (run, request) => ({
  signed_url: signedUrl(run.repository.world, uploaded(run, request), 'r'),
})

const remove: Method = (run, request) => {
  const artifact = uploaded(run, request)
  run.repository.artifacts = run.repository.artifacts.filter((other) => other !== artifact)
  run.repository.world.clock.tick()
  return { ok: true, artifact_id: `${artifact.id}` }
}

const METHODS: Record<string, Method> = {
  CreateArtifact: create,
  FinalizeArtifact: finalize,
  ListArtifacts: list,
  GetSignedArtifactURL: getSignedUrl,
  DeleteArtifact: remove,
}

/**
 * Answers one call of `github.actions.results.api.v1.ArtifactService`, for the run whose runtime token was sent.
 *
 * @throws TwirpError
 */
export function callArtifactService(run: Run, name: string, request: Message): Message {
  const method = METHODS[name]
  if (method === undefined) throw new TwirpError('not_found', `no method ${name}`)
  const missing = REQUIRED[name]?.filter((field) => request[field] === undefined) ?? []
  if (missing.length > 0) throw new TwirpError('invalid_argument', `missing: ${missing.join(', ')}`)
  if (request['workflow_run_backend_id'] !== run.identity.backendId) {
    throw new TwirpError('permission_denied', 'the token is not for this workflow run')
  }
  return method(run, request)
}
