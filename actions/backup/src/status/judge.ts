// The dead-man switch: is there a backup that is young enough, whole, and proved?
import type { Manifest, Verdict } from '../catalogue/manifest.ts'
import type { RunEntry } from '../catalogue/run-log.ts'
import { CLOCK_TOLERANCE_MS } from '../chain/clock.ts'
import { latest, unrestorable } from '../chain/resolve.ts'
import { type Standing, standingsOf } from '../chain/verdicts.ts'
import type { IdleForecast } from './idle.ts'
import { inWords } from './words.ts'

export interface StatusFacts {
  /** All of the set that are authentic. */
  manifests: readonly Manifest[]
  verdicts: readonly Verdict[]
  /** What is wrong with a backup, in a sentence, by id; also of folders whose manifest can't be read or isn't authentic. */
  damaged: ReadonlyMap<string, string>
  now: Date
  /** The input `max-age`, or what follows from the schedule; in milliseconds. */
  maxAgeMs: number
  /** The input `max-verified-age`, in milliseconds. */
  maxVerifiedAgeMs: number
  /** Whether GitHub lets the schedule run; absent when that isn't known. */
  idle?: IdleForecast | undefined
  /** The runs that the log tells of, in any order. */
  log: readonly LoggedRun[]
}

/** What the judgement needs of a run. */
export type LoggedRun = Pick<RunEntry, 'mode' | 'at' | 'result' | 'reason'>

export type StatusReason = 'clock' | 'no-backup' | 'corrupt' | 'stale' | 'unverified'

export interface Status {
  result: 'ok' | 'warning' | 'failed'
  /** Of the first failure that was found; absent unless `failed`. */
  reason?: StatusReason
  /** What was found, the worst first; with `ok` one that says so. */
  sentences: string[]
  /** The newest backup that can be restored as far as is known. */
  newest?: string
  /** Since its start: what was written later is lost with the source. */
  ageSeconds?: number
  /** The backup with the newest proof. */
  verified?: string
  /** Since that proof. */
  verifiedAgeSeconds?: number
}

/** A failure has a reason; what is only a warning has none. */
interface Finding {
  reason?: StatusReason
  sentence: string
}

/**
 * Judges a set by what lies in the store. It fails when the newest backup is too old, can't be restored or failed its
 * verification, when no restorable backup was proved within `maxVerifiedAgeMs`, and when a backup comes from the future. The
 * read-back of a run and a proof that read no stored byte prove nothing.
 */
export function judgeStatus(facts: StatusFacts): Status {
  const view = lookAt(facts)
  const findings = [
    ...findFuture(facts),
    ...findMissing(view),
    ...findCorrupt(view),
    ...findStale(facts, view),
    ...findUnverified(facts, view),
    ...findWarnings(facts, view),
  ]
  const reason = findings.find((finding) => finding.reason !== undefined)?.reason
  return {
    result: reason !== undefined ? 'failed' : findings.length > 0 ? 'warning' : 'ok',
    ...(reason === undefined ? {} : { reason }),
    sentences: findings.length > 0 ? findings.map(({ sentence }) => sentence) : [allWell(facts, view)],
    ...agesOf(facts, view),
  }
}

interface View {
  /** Id of the newest that there is, restorable or not. */
  youngest: string | undefined
  /** The newest that can be restored as far as is known. */
  newest: Manifest | undefined
  /** The newest proof of a backup that can be restored. */
  proof: Verdict | undefined
  /** Why a backup can't be restored, by id. */
  lost: ReadonlyMap<string, string>
}

function lookAt({ manifests, verdicts, damaged }: StatusFacts): View {
  const standings = standingsOf(verdicts)
  const lost = unrestorable(manifests, new Map([...failuresOf(standings), ...damaged]))
  const sound = manifests.filter(({ id }) => !lost.has(id))
  const proofs = sound
    .map(({ id }) => standings.get(id))
    .filter((standing) => standing !== undefined)
    .map(({ verdict }) => verdict)
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
  return {
    youngest: youngestOf(latest(manifests)?.id, damaged),
    newest: latest(sound),
    proof: proofs.at(-1),
    lost: new Map([...damaged, ...lost]),
  }
}

/** Ids sort by time, so also a backup whose manifest can't be read has its place. */
function youngestOf(newest: string | undefined, damaged: ReadonlyMap<string, string>): string | undefined {
  return [...damaged.keys(), ...(newest === undefined ? [] : [newest])].sort().at(-1)
}

function failuresOf(standings: ReadonlyMap<string, Standing>): [string, string][] {
  return [...standings]
    .filter(([, { kind }]) => kind === 'failed')
    .map(([id, { verdict }]) => [
      id,
      `Backup ${id} failed its verification: ${(verdict.problems[0] ?? 'no cause was noted').replace(/\.$/, '')}.`,
    ])
}

function findFuture({ manifests, verdicts, now }: StatusFacts): Finding[] {
  const isFuture = (time: string) => Date.parse(time) - now.getTime() > CLOCK_TOLERANCE_MS
  const manifest = manifests.find(({ startedAt }) => isFuture(startedAt))
  const verdict = verdicts.find(({ at }) => isFuture(at))
  const what =
    manifest !== undefined
      ? `Backup ${manifest.id} has a start in the future`
      : verdict !== undefined
        ? `A proof of backup ${verdict.id} has a time in the future`
        : undefined
  return what === undefined ? [] : [{ reason: 'clock', sentence: `${what}: one of the clocks is wrong.` }]
}

function findMissing({ youngest }: View): Finding[] {
  return youngest === undefined ? [{ reason: 'no-backup', sentence: 'There is no backup.' }] : []
}

/** A damaged backup fails the status when it is the one that would be restored; an older one is only told. */
function findCorrupt({ youngest, newest, lost }: View): Finding[] {
  const flaw = youngest === undefined ? undefined : lost.get(youngest)
  if (flaw === undefined) return []
  const left =
    newest === undefined
      ? 'No backup is left that can be restored.'
      : `The newest that can be restored is ${newest.id}.`
  return [{ reason: 'corrupt', sentence: `${flaw} ${left}` }]
}

function findStale({ now, maxAgeMs }: StatusFacts, { newest }: View): Finding[] {
  if (newest === undefined) return []
  const ageMs = now.getTime() - Date.parse(newest.startedAt)
  if (ageMs <= maxAgeMs) return []
  const sentence = `The newest backup is ${inWords(ageMs)} old; allowed are ${inWords(maxAgeMs)}.`
  return [{ reason: 'stale', sentence }]
}

function findUnverified({ now, maxVerifiedAgeMs }: StatusFacts, { newest, proof }: View): Finding[] {
  if (newest === undefined) return []
  if (proof === undefined) {
    return [{ reason: 'unverified', sentence: 'No backup that is left was ever verified or rehearsed.' }]
  }
  const ageMs = now.getTime() - Date.parse(proof.at)
  if (ageMs <= maxVerifiedAgeMs) return []
  const sentence = `The last proof of a backup is ${inWords(ageMs)} old; allowed are ${inWords(maxVerifiedAgeMs)}.`
  return [{ reason: 'unverified', sentence }]
}

function findWarnings({ idle, log }: StatusFacts, { youngest, newest, lost }: View): Finding[] {
  const older = [...lost].filter(([id]) => id !== youngest).map(([, flaw]) => flaw)
  return [
    ...older,
    ...(newest?.result === 'warning' ? [`Backup ${newest.id} ended with warnings.`] : []),
    ...describeFailures(log),
    ...(idle === undefined || idle.state === 'safe' ? [] : [idle.sentence]),
  ].map((sentence) => ({ sentence }))
}

/** The failures since the last backup that succeeded. */
function describeFailures(log: readonly LoggedRun[]): string[] {
  const runs = log
    .filter(({ mode }) => mode === 'backup')
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
  const success = runs.findIndex(({ result }) => result !== 'failed')
  const failures = success === -1 ? runs : runs.slice(0, success)
  const [last] = failures
  if (last === undefined) return []
  const cause = last.reason === undefined ? '' : ` (${last.reason})`
  return [failures.length === 1 ? `The last run failed${cause}.` : `The last ${failures.length} runs failed${cause}.`]
}

function allWell({ now }: StatusFacts, { newest, proof }: View): string {
  const age = inWords(now.getTime() - Date.parse(newest?.startedAt ?? ''))
  const proofAge = inWords(now.getTime() - Date.parse(proof?.at ?? ''))
  return `The newest backup is ${age} old, and one was proved ${proofAge} ago.`
}

function agesOf({ now }: StatusFacts, { newest, proof }: View): Partial<Status> {
  const seconds = (time: string) => Math.max(0, Math.round((now.getTime() - Date.parse(time)) / 1000))
  return {
    ...(newest === undefined ? {} : { newest: newest.id, ageSeconds: seconds(newest.startedAt) }),
    ...(proof === undefined ? {} : { verified: proof.id, verifiedAgeSeconds: seconds(proof.at) }),
  }
}
