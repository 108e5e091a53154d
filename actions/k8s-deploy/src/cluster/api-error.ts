import type { IncomingHttpHeaders } from 'node:http'
import type { Ref } from '../kube/objects.ts'

/** What the API says of a failed request (`kind: Status`). */
export interface Status {
  message?: string
  reason?: string
  code?: number
  details?: { name?: string; group?: string; kind?: string; causes?: StatusCause[]; retryAfterSeconds?: number }
}

export interface StatusCause {
  /** `FieldValueInvalid`, `FieldManagerConflict`, … */
  reason?: string
  message?: string
  /** Path of the field, `spec.selector`. */
  field?: string
}

/** Of kubectl, which looks there when nothing tells it of a cluster. */
export const NO_CLUSTER = /\bdial tcp (?:127\.0\.0\.1|\[::1\]):8080\b/

/** What was asked of the API: a verb as RBAC names it, and of what. */
export interface Asked {
  verb: string
  /** As in a Role: `deployments`, `pods/log`. */
  resource: string
  group: string
  namespace: string | undefined
  ref?: Ref
}

/**
 * Reasons of our own, where no API has answered: nobody there (`Unreachable`), no credentials (`CredentialsFailed`), a kubeconfig
 * that kubectl refuses (`InvalidKubeconfig`), a kind that isn't served (`UnknownKind`). Their `status` is 0.
 */
export type OwnReason = 'Unreachable' | 'CredentialsFailed' | 'InvalidKubeconfig' | 'UnknownKind'

interface Told {
  /** HTTP status; 0 when no API has answered. */
  status: number
  reason: string
  message: string
  causes?: StatusCause[]
  asked?: Asked | undefined
  retryAfterMs?: number | undefined
}

/** A request that failed for good. */
export class ApiError extends Error {
  readonly status: number
  /** Of the API (`Forbidden`, `Invalid`, `Conflict`, …), or an `OwnReason`. */
  readonly reason: string
  readonly causes: readonly StatusCause[]
  readonly asked: Asked | undefined
  /** The API wants to be left alone for so long. */
  readonly retryAfterMs: number | undefined

  constructor({ status, reason, message, causes = [], asked, retryAfterMs }: Told) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
    this.causes = causes
    this.asked = asked
    this.retryAfterMs = retryAfterMs
  }

  get verb(): string | undefined {
    return this.asked?.verb
  }

  get resource(): string | undefined {
    return this.asked?.resource
  }

  get ref(): Ref | undefined {
    return this.asked?.ref
  }
}

/** Something that is not there, or whose kind isn't. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.reason === 'UnknownKind')
}

/** Rights, a quota or a policy are against it. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403
}

/** Somebody else was faster: it exists already, or has changed since it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409
}

/** The content isn't acceptable, as an immutable field that shall change. */
export function isRefusedContent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422
}

/** An answer that isn't good, as it came. */
export interface BadAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export function answerError({ status, headers, body }: BadAnswer, asked: Asked | undefined): ApiError {
  const said = parseStatus(body)
  const retryAfterMs = Number(headers['retry-after'] ?? said?.details?.retryAfterSeconds ?? 0) * 1000 || undefined
  if (said !== undefined) return statusError({ code: status, ...said }, asked, retryAfterMs)
  // kubectl's own failures are a plain 500 without the id that the API gives to every request.
  if (status === 500 && headers['audit-id'] === undefined) {
    return new ApiError({ status: 0, ...proxyFailure(body.trim()), asked })
  }
  return new ApiError({ status, reason: '', message: body.trim() || `the API answers ${status}`, asked, retryAfterMs })
}

/** The error that a Status is. */
export function statusError(
  { code = 0, reason = '', message = reason, details }: Status,
  asked: Asked | undefined,
  retryAfterMs?: number,
): ApiError {
  return new ApiError({ status: code, reason, message, causes: details?.causes ?? [], asked, retryAfterMs })
}

function proxyFailure(message: string): { reason: OwnReason; message: string } {
  return { reason: message.startsWith('getting credentials') ? 'CredentialsFailed' : 'Unreachable', message }
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed = JSON.parse(body)
    return parsed?.kind === 'Status' ? parsed : undefined
  } catch {
    return undefined
  }
}
