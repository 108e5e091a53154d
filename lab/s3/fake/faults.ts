/** What goes wrong. */
export type Fault =
  | { kind: 'status'; status: number; code?: string; message?: string }
  | { kind: 'slow-down' }
  /** Before anything is changed. */
  | { kind: 'reset' }
  /** The state is changed and the reply lost. */
  | { kind: 'reset-after-write' }
  /** While the request's body is being received. */
  | { kind: 'reset-in-body'; afterBytes: number }
  | { kind: 'slow'; ms: number }
  /** Never answers. */
  | { kind: 'stall' }
  /** The reply tells other checksums and ETags than those of the bytes. */
  | { kind: 'wrong-checksum' }
  /** Of what is read, only so many bytes are sent before the connection breaks. */
  | { kind: 'truncated-body'; afterBytes: number }
  /** Of what is read, only so many bytes are sent, and the connection stays open. */
  | { kind: 'stalled-body'; afterBytes: number }

/** Which requests it meets: any method unless given, a path with its query, and how often; without `times`, always. */
export interface FaultRule {
  method?: string
  /** Matched against `/bucket/key?query`. */
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
export function createFaults(): Faults & { take(method: string, path: string): Fault | undefined } {
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
      if (rule === undefined) return undefined
      rule.left -= 1
      return rule.fault
    },
  }
}
