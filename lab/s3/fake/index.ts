import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { authenticate } from './authentication.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import type { Statement, User } from './policy.ts'
import { Refusal } from './refusal.ts'
import { falsified, type S3Reply, xmlReply } from './reply.ts'
import { addressOf, readBody, type S3Request } from './request.ts'
import { answer } from './router.ts'
import { type Bucket, type BucketOptions, createBucket } from './state.ts'

export type { Fault, FaultRule, Faults } from './faults.ts'
export type { Statement } from './policy.ts'
export type { Bucket, BucketOptions, Upload, Version } from './state.ts'

/** A strict S3 server in this process, for what a real one can't be made to do. */
export interface FakeS3 {
  endpoint: string
  /** Of a user who may do everything. */
  accessKey: string
  secretKey: string
  faults: Faults
  /** As they were answered; `status` null when the connection was broken. */
  requests: RecordedRequest[]
  /** How far its clock is ahead of this machine's. */
  clock: { aheadMs: number }
  /** Makes a bucket, whose state may be looked at and changed. */
  bucket(name: string, options?: BucketOptions): Bucket
  /** Makes a user who may do what the statements allow. */
  user(accessKey: string, statements: readonly Statement[]): { accessKey: string; secretKey: string }
  /** Failures of the stand-in itself. */
  violations: string[]
  close(): Promise<void>
}

export interface RecordedRequest {
  method: string
  /** With its query. */
  path: string
  status: number | null
  accessKey: string | undefined
  headers: Record<string, string>
}

interface Server {
  buckets: Map<string, Bucket>
  users: Map<string, User>
  faults: ReturnType<typeof createFaults>
  requests: RecordedRequest[]
  violations: string[]
  clock: { aheadMs: number }
}

const ROOT: User = { accessKey: 'lab-access-key', secretKey: 'lab-secret-key-of-the-s3-server' }

/** Starts it on a free loopback port, without buckets. */
export async function startFakeS3(): Promise<FakeS3> {
  const state: Server = {
    buckets: new Map(),
    users: new Map([[ROOT.accessKey, ROOT]]),
    faults: createFaults(),
    requests: [],
    violations: [],
    clock: { aheadMs: 0 },
  }
  const server = createServer((message, response) => {
    serve(state, message, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { faults, requests, violations, clock } = state
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKey: ROOT.accessKey,
    secretKey: ROOT.secretKey,
    faults,
    requests,
    violations,
    clock,
    bucket(name, options = {}) {
      const bucket = createBucket(name, options)
      state.buckets.set(name, bucket)
      return bucket
    },
    user(accessKey, statements) {
      const user = { accessKey, secretKey: `lab-secret-key-of-${accessKey}`, statements }
      state.users.set(accessKey, user)
      return user
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(state: Server, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = addressOf(message)
  const path = message.url ?? '/'
  const record: RecordedRequest = {
    method: address.method,
    path,
    status: null,
    accessKey: undefined,
    headers: address.headers,
  }
  state.requests.push(record)
  const fault = state.faults.take(address.method, path)
  if (fault?.kind === 'reset-in-body') await readBody(message, fault.afterBytes)
  if (fault?.kind === 'reset' || fault?.kind === 'reset-in-body') {
    message.socket.resetAndDestroy()
    return
  }
  const body = await readBody(message)
  if (fault?.kind === 'stall') return
  if (fault?.kind === 'slow') await setTimeout(fault.ms)
  const reply = replyTo(state, { ...address, body }, fault, record)
  if (fault?.kind === 'reset-after-write') {
    message.socket.resetAndDestroy()
    return
  }
  record.status = reply.status
  send(response, reply, nowOf(state), fault)
}

function replyTo(
  state: Server,
  request: Omit<S3Request, 'trailers'>,
  fault: Fault | undefined,
  record: RecordedRequest,
): S3Reply {
  try {
    if (fault?.kind === 'slow-down') throw new Refusal(503, 'SlowDown', 'Please reduce your request rate.')
    if (fault?.kind === 'status') {
      throw new Refusal(fault.status, fault.code ?? 'InternalError', fault.message ?? 'Injected fault')
    }
    const now = nowOf(state)
    const { accessKey, body, trailers } = authenticate(request, (key) => state.users.get(key)?.secretKey, now)
    record.accessKey = accessKey
    const reply = answer(state.buckets, { ...request, body, trailers }, state.users.get(accessKey) ?? ROOT, now)
    return fault?.kind === 'wrong-checksum' ? falsified(reply) : reply
  } catch (error) {
    return errorReply(state, request, error)
  }
}

/** A bug in the stand-in is told to the test instead of taking the server down. */
function errorReply(state: Server, { method, rawPath }: Omit<S3Request, 'trailers'>, error: unknown): S3Reply {
  if (!(error instanceof Refusal)) {
    const text = error instanceof Error ? error.stack : String(error)
    state.violations.push(`${method} ${rawPath}: the stand-in failed: ${text}`)
  }
  const { status, code, message, details } =
    error instanceof Refusal ? error : new Refusal(500, 'InternalError', 'We encountered an internal error.')
  const reply = xmlReply('Error', { Code: code, Message: message, Resource: rawPath, RequestId: 'lab', ...details })
  return { ...reply, status, body: method === 'HEAD' ? '' : reply.body }
}

function send(response: ServerResponse, reply: S3Reply, now: Date, fault: Fault | undefined): void {
  const body = Buffer.from(reply.body)
  const headers = {
    'content-length': `${body.length}`,
    date: now.toUTCString(),
    'x-amz-request-id': 'lab',
    ...reply.headers,
  }
  response.writeHead(reply.status, headers)
  if (fault?.kind === 'truncated-body' && fault.afterBytes < body.length) {
    response.write(body.subarray(0, fault.afterBytes), () => response.socket?.resetAndDestroy())
  } else if (fault?.kind === 'stalled-body' && fault.afterBytes < body.length) {
    response.write(body.subarray(0, fault.afterBytes))
  } else {
    response.end(body)
  }
}

function nowOf({ clock }: Server): Date {
  return new Date(Date.now() + clock.aheadMs)
}
