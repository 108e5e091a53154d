import { type Answer, OUTCOMES, type Outcome } from './request.ts'

export type Counts = Record<Outcome, number>

/** A request that did not end well. */
export interface Failure {
  /** When it was due. */
  at: Date
  outcome: Exclude<Outcome, 'ok'>
  /** The status or the error's code. */
  detail: string
  version: string | undefined
}

/** What replied under one version. */
export interface VersionCount {
  ok: number
  failed: number
  /** When the requests that it answered were due. */
  first: Date
  last: Date
}

export interface LoadReport {
  startedAt: Date
  /** Requests that were due and whose end is known. */
  total: number
  failed: number
  counts: Counts
  /** One entry for each second since the start in which a request was due; `second` counts from 0. */
  seconds: { second: number; counts: Partial<Counts> }[]
  versions: Record<string, VersionCount>
  /** The first 1000, in the order of their ends. */
  failures: Failure[]
  firstFailure: Failure | undefined
  lastFailure: Failure | undefined
  /** How much later than due the latest request was sent: above some 100 ms this machine was too busy to judge another. */
  longestLagMs: number
}

/** Counts answers. Its memory grows with the seconds, not with the requests. */
export interface Tally {
  add(dueAt: Date, answer: Answer): void
  lagged(ms: number): void
  report(): LoadReport
}

const KEPT_FAILURES = 1000
const KEPT_VERSIONS = 100
/** Takes the versions beyond those, so that a server that names each reply otherwise fills no memory. */
const OTHER_VERSIONS = 'others'

export function createTally(startedAt: Date): Tally {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Counts
  const seconds = new Map<number, Partial<Counts>>()
  const versions = new Map<string, VersionCount>()
  const failures: Failure[] = []
  let first: Failure | undefined
  let last: Failure | undefined
  let longestLagMs = 0

  function countSecond(at: Date, outcome: Outcome): void {
    const second = Math.floor((at.getTime() - startedAt.getTime()) / 1000)
    const of = seconds.get(second) ?? {}
    of[outcome] = (of[outcome] ?? 0) + 1
    seconds.set(second, of)
  }

  function countVersion(at: Date, { outcome, version }: Answer): void {
    if (version === undefined) return
    const name = versions.has(version) || versions.size < KEPT_VERSIONS ? version : OTHER_VERSIONS
    const known = versions.get(name) ?? { ok: 0, failed: 0, first: at, last: at }
    known[outcome === 'ok' ? 'ok' : 'failed'] += 1
    if (at < known.first) known.first = at
    if (at > known.last) known.last = at
    versions.set(name, known)
  }

  function keepFailure(failure: Failure): void {
    if (failures.length < KEPT_FAILURES) failures.push(failure)
    if (first === undefined || failure.at < first.at) first = failure
    if (last === undefined || failure.at >= last.at) last = failure
  }

  return {
    add(at, answer) {
      const { outcome, detail, version } = answer
      counts[outcome] += 1
      countSecond(at, outcome)
      countVersion(at, answer)
      if (outcome !== 'ok') keepFailure({ at, outcome, detail, version })
    },
    lagged(ms) {
      longestLagMs = Math.max(longestLagMs, ms)
    },
    report() {
      const total = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0)
      return {
        startedAt,
        total,
        failed: total - counts.ok,
        counts: { ...counts },
        seconds: [...seconds]
          .sort(([left], [right]) => left - right)
          .map(([second, of]) => ({ second, counts: { ...of } })),
        versions: Object.fromEntries([...versions].map(([name, of]) => [name, { ...of }])),
        failures: [...failures],
        firstFailure: first,
        lastFailure: last,
        longestLagMs,
      }
    },
  }
}
