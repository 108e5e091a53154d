// A registry (opencontainers/distribution-spec, pull only) over an image store, that can also refuse by name.
import { createReadStream, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { blobPath, findManifest } from './images.ts'

/** What the registry answers for a repository instead of the image. */
export type Refusal =
  /** Without credentials 401; `account` gets the image */
  | 401
  | 404
  /** Too many requests */
  | 429
  | 500
  | 503

/** The account that a 401 repository opens for, as an image pull secret has it. */
export const account = { username: 'lab', password: 'registry-password' } as const

const token = 'granted'

const errorCodes: Readonly<Record<Refusal, string>> = {
  401: 'UNAUTHORIZED',
  404: 'MANIFEST_UNKNOWN',
  429: 'TOOMANYREQUESTS',
  500: 'UNKNOWN',
  503: 'UNKNOWN',
}

/** Lets a repository answer with a refusal from now on, or again with its image. */
export function refuse(store: string, repository: string, answer: Refusal | 'image'): void {
  const file = join(store, 'refusals.json')
  const { [repository]: _, ...others } = readRefusals(store)
  writeFileSync(`${file}.new`, JSON.stringify(answer === 'image' ? others : { ...others, [repository]: answer }))
  renameSync(`${file}.new`, file)
}

function readRefusals(store: string): Record<string, Refusal> {
  const file = join(store, 'refusals.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

interface Answer {
  status: number
  headers: Readonly<Record<string, string | number>>
  /** Text, or the path of a file with the blob */
  body: { text: string } | { file: string }
}

/** The server; the caller lets it listen. */
export function createRegistry(store: string): Server {
  return createServer((request, response) => {
    const { status, headers, body } = answerTo(store, request)
    response.writeHead(status, headers)
    if (request.method === 'HEAD') response.end()
    else if ('file' in body) createReadStream(body.file).pipe(response)
    else response.end(body.text)
  })
}

function answerTo(store: string, request: IncomingMessage): Answer {
  // With a password clients first try a POST for a token (OAuth), and on this answer a GET.
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { errors: [{ code: 'UNSUPPORTED' }] })
  const { pathname } = new URL(request.url ?? '/', 'http://registry')
  if (pathname === '/token') return json(200, { token: hasPassword(request) ? token : 'anonymous' })
  if (pathname === '/v2/') return json(200, {})
  const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? []
  const refusal = readRefusals(store)[repository]
  if (refusal === 401 && !hasToken(request)) return challenge(request, repository)
  if (refusal !== undefined && refusal !== 401) return refused(repository, refusal)
  if (kind !== 'manifests') return blob(store, reference, 'application/octet-stream')
  const manifest = findManifest(store, repository, reference)
  return manifest === undefined ? refused(repository, 404) : blob(store, manifest.digest, manifest.mediaType)
}

function blob(store: string, digest: string, mediaType: string): Answer {
  const file = blobPath(store, digest)
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !existsSync(file)) {
    return json(404, { errors: [{ code: 'BLOB_UNKNOWN', message: 'no such blob' }] })
  }
  const headers = { 'content-type': mediaType, 'content-length': statSync(file).size, 'docker-content-digest': digest }
  return { status: 200, headers, body: { file } }
}

/** As Docker Hub: anyone gets a token, and it doesn't open what needs an account. */
function challenge(request: IncomingMessage, repository: string): Answer {
  const { host, authorization } = request.headers
  const error = authorization === undefined ? '' : ',error="insufficient_scope"'
  const scope = `service="lab",scope="repository:${repository}:pull"`
  const refusal = refused(repository, 401)
  const headers = { ...refusal.headers, 'www-authenticate': `Bearer realm="http://${host}/token",${scope}${error}` }
  return { ...refusal, headers }
}

function refused(repository: string, status: Refusal): Answer {
  return json(status, { errors: [{ code: errorCodes[status], message: `${repository}: ${status}` }] })
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: { text: JSON.stringify(value) } }
}

function hasPassword({ headers }: IncomingMessage): boolean {
  const expected = Buffer.from(`${account.username}:${account.password}`).toString('base64')
  return headers.authorization === `Basic ${expected}`
}

function hasToken({ headers }: IncomingMessage): boolean {
  return headers.authorization === `Bearer ${token}`
}
