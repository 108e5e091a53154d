import { createRules, type Rule, type Rules } from '../faults.ts'

/** What goes wrong. `reset-after-write` changes the state and loses the reply. */
export type Fault =
  | { kind: 'status'; status: number; message?: string; headers?: Record<string, string> }
  | { kind: 'rate-limit'; retryAfter: number }
  | { kind: 'secondary-limit'; retryAfter: number }
  | { kind: 'slow'; ms: number }
  | { kind: 'reset' }
  | { kind: 'reset-after-write' }

export type FaultRule = Rule<Fault>
/** Paths are matched against the path without its query. */
export type Faults = Rules<Fault>

export const createFaults = (): ReturnType<typeof createRules<Fault>> => createRules<Fault>()

const LIMIT_MESSAGE = 'API rate limit exceeded for installation.'
const SECONDARY_MESSAGE = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'

/** The answer of a fault that answers: status, message and headers as GitHub sends them. `now` in seconds since 1970. */
export function faultReply(
  fault: Fault,
  now: number,
): { status: number; message: string; headers: Record<string, string> } | null {
  switch (fault.kind) {
    case 'status':
      return { status: fault.status, message: fault.message ?? 'Injected fault', headers: fault.headers ?? {} }
    case 'rate-limit': {
      const reset = `${now + fault.retryAfter}`
      const headers = { 'retry-after': `${fault.retryAfter}`, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
      return { status: 429, message: LIMIT_MESSAGE, headers }
    }
    case 'secondary-limit':
      return { status: 403, message: SECONDARY_MESSAGE, headers: { 'retry-after': `${fault.retryAfter}` } }
    default:
      return null
  }
}
