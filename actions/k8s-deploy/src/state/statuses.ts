import { ApiError } from '../cluster/api-error.ts'

/** Somebody else was faster: it exists already, or has changed since it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409
}

/** The content isn't acceptable, as an immutable field that shall change. */
export function isRefusedContent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422
}
