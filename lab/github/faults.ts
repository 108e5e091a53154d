/** What goes wrong. `reset-after-write` changes the state and loses the reply. */
export type Fault =
  | { kind: 'status'; status: number; message?: string; headers?: Record<string, string> }
  | { kind: 'rate-limit'; retryAfter: number }
  | { kind: 'secondary-limit'; retryAfter: number }
  | { kind: 'slow'; ms: number }
  | { kind: 'reset' }
  | { kind: 'reset-after-write' }

/** Which requests it meets: any method unless given, a path (without the query), and how often; without `times`, always. */
export interface FaultRule {
  method?: string
  path: RegExp
  times?: number
  fault: Fault
}

/** The rules in force; the first that matches a request strikes. */
export interface Faults {
  add(rule: FaultRule): void
  clear(): void
}

interface Armed extends FaultRule {
  left: number
}

/** `take` finds the fault that strikes a request and counts it down. */
export function createFaults(): Faults & { take(method: string, path: string): Fault | null } {
  let rules: Armed[] = []
  return {
    add(rule) {
      rules.push({ ...rule, left: rule.times ?? Number.POSITIVE_INFINITY })
    },
    clear() {
      rules = []
    },
    take(method, path) {
      const rule = rules.find((one) => one.left > 0 && (one.method ?? method) === method && one.path.test(path))
      if (rule === undefined) return null
      rule.left -= 1
      return rule.fault
    },
  }
}

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
