import { createRules, type Rule, type Rules } from '../../faults.ts'

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

export type FaultRule = Rule<Fault>
/** Paths are matched against `/bucket/key?query`. */
export type Faults = Rules<Fault>

export const createFaults = (): ReturnType<typeof createRules<Fault>> => createRules<Fault>()
