import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type S3Access, signedRequest } from './signed-request.ts'

/** A real S3 server (versitygw over a folder) on a loopback port. */
export interface S3Server extends S3Access {
  /** Where its buckets lie as folders and its objects as files. */
  folder: string
  close(): Promise<void>
}

export interface S3Options {
  /** Buckets that keep versions. */
  versioned?: readonly string[]
  /** Buckets that keep versions and know Object Lock. */
  locked?: readonly string[]
  /** Users besides the one who may do everything, by access key. */
  users?: Readonly<Record<string, { secretKey: string }>>
  /** Bucket policies: what its users may do, as statements of IAM's language. */
  policies?: Readonly<Record<string, readonly PolicyStatement[]>>
}

export interface PolicyStatement {
  user: string
  actions: readonly string[]
  /** `bucket` or `bucket/prefix*` */
  resources: readonly string[]
}

const ACCESS_KEY = 'lab-access-key'
const SECRET_KEY = 'lab-secret-key-of-the-s3-server'

/** Starts it with the given buckets and those of the options; it is ready when this resolves. */
export async function startS3(program: string, buckets: readonly string[], options: S3Options = {}): Promise<S3Server> {
  const base = mkdtempSync(join(tmpdir(), 'ondol-s3-'))
  const folder = join(base, 'buckets')
  for (const bucket of buckets) mkdirSync(join(folder, bucket), { recursive: true })
  const port = await freePort()
  const child = spawn(program, argumentsFor(base, folder, port, options), {
    env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    folder,
    async close() {
      child.kill()
      await ended
      rmSync(base, { recursive: true, force: true })
    },
  }
  try {
    await untilHealthy(server.endpoint)
    await configure(server, options)
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

function argumentsFor(base: string, folder: string, port: number, options: S3Options): string[] {
  const { versioned = [], locked = [], users = {} } = options
  mkdirSync(folder, { recursive: true })
  const common = ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet']
  const accounts = Object.keys(users).length === 0 ? [] : ['--iam-dir', usersFolder(base, users)]
  if (versioned.length + locked.length === 0) return [...common, ...accounts, 'posix', folder]
  const versions = join(base, 'versions')
  mkdirSync(versions)
  return [...common, ...accounts, 'posix', '--versioning-dir', versions, folder]
}

/** Where its internal IAM service keeps accounts (auth/iam_internal.go). */
function usersFolder(base: string, users: NonNullable<S3Options['users']>): string {
  const folder = join(base, 'users')
  mkdirSync(folder)
  const accounts = Object.entries(users).map(([access, { secretKey }]) => [
    access,
    { access, secret: secretKey, role: 'user', userID: 0, groupID: 0, projectID: 0 },
  ])
  writeFileSync(join(folder, 'users.json'), JSON.stringify({ accessAccounts: Object.fromEntries(accounts) }))
  return folder
}

async function configure(server: S3Server, { versioned = [], locked = [], policies = {} }: S3Options): Promise<void> {
  for (const bucket of versioned) {
    await signedRequest(server, { method: 'PUT', path: `/${bucket}` })
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await signedRequest(server, { method: 'PUT', path: `/${bucket}`, query: 'versioning=', body })
  }
  for (const bucket of locked) {
    const headers = { 'x-amz-bucket-object-lock-enabled': 'true' }
    await signedRequest(server, { method: 'PUT', path: `/${bucket}`, headers })
  }
  for (const [bucket, statements] of Object.entries(policies)) {
    await signedRequest(server, { method: 'PUT', path: `/${bucket}`, query: 'policy=', body: policyText(statements) })
  }
}

function policyText(statements: readonly PolicyStatement[]): string {
  const Statement = statements.map(({ user, actions, resources }) => ({
    Effect: 'Allow',
    Principal: { AWS: [user] },
    Action: actions,
    Resource: resources.map((resource) => `arn:aws:s3:::${resource}`),
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

async function untilHealthy(endpoint: string): Promise<void> {
  const deadline = performance.now() + 15_000
  while (performance.now() < deadline) {
    const reply = await fetch(`${endpoint}/health`).catch(() => undefined)
    if (reply?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('versitygw did not become healthy within 15 s')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
