/** A proof that is asked for after everything is ready. */
export type Gate = HttpGate | PromqlGate

export interface HttpGate {
  kind: 'http'
  /** As written; it may hold credentials, so it's never shown. */
  url: string
  /** Status codes that pass, both ends included. */
  status: { from: number; to: number }
  withinMs: number
  /** Text that the body must hold. */
  contains: string | undefined
}

export interface PromqlGate {
  kind: 'promql'
  expression: string
  comparator: Comparator
  threshold: number
  forMs: number
}

export const comparators = ['<=', '>=', '==', '!=', '<', '>'] as const

export type Comparator = (typeof comparators)[number]

/** The world around gates; the clock counts in milliseconds. */
export interface GateDeps {
  fetch: typeof fetch
  now: () => number
  /** Rejects when the signal aborts. */
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** May hold credentials, so it's never shown. */
  prometheusUrl: string | undefined
}

/** What one try showed. */
export type Answer = { kind: 'passed' } | { kind: 'refused'; why: string } | { kind: 'unknown'; why: string }
