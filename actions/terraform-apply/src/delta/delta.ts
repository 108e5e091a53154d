import { canonicalJson, keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import type { CanonicalPlan } from '../plan/canonical.ts'

/** How the plan of a pull request differs from the one that its comment showed before. */
export interface Delta {
  /** Another commit's plan, or an earlier plan of this commit. */
  since: 'push' | 'plan'
  changes: Changes
}

/** Resources, by what became of their part in the plan; only how many there are, when one of the plans is large. */
export type Changes =
  | { kind: 'counted'; added: number; gone: number; changed: number; unchanged: number }
  | { kind: 'totals'; before: number; now: number }

/**
 * What is kept of a plan to compare a later one with. Digests are keyed and short: they tell nobody what is in the plan,
 * and a chance of 1 in 65,536 to call a changed resource unchanged is good enough for a remark.
 */
export interface PlanDigest {
  /** Resources that the plan changes. */
  total: number
  /** Digest of the change by that of the address, both in hex; `undefined` for a large plan. */
  entries: ReadonlyMap<string, string> | undefined
}

/** More than these have no room in a comment's marker, whose field stays below 400 characters. */
const MOST_ENTRIES = 50
/** Hex digits. */
const ADDRESS_DIGITS = 6
const CHANGE_DIGITS = 4

/** @param key one that the repository's runs share and nobody else has */
export function digestPlan({ resources }: CanonicalPlan, key: Uint8Array): PlanDigest {
  const changes = Object.entries(resources).filter(([, { facts }]) => canonicalJson(facts['actions']) !== '["read"]')
  const total = changes.length
  if (total > MOST_ENTRIES) return { total, entries: undefined }
  const entries = new Map(
    changes.map(([address, change]) => [
      keyedDigest(key, `delta address ${address}`).slice(0, ADDRESS_DIGITS),
      keyedDigest(key, `delta change ${canonicalJson(change)}`).slice(0, CHANGE_DIGITS),
    ]),
  )
  return { total, entries: entries.size === total ? entries : undefined }
}

export function deltaOf(previous: PlanDigest, current: PlanDigest): Changes {
  const [was, is] = [previous.entries, current.entries]
  if (!was || !is) return { kind: 'totals', before: previous.total, now: current.total }
  const both = [...is].filter(([address]) => was.has(address))
  const unchanged = both.filter(([address, change]) => was.get(address) === change).length
  return {
    kind: 'counted',
    added: is.size - both.length,
    gone: was.size - both.length,
    changed: both.length - unchanged,
    unchanged,
  }
}

/** What a comment keeps: the plan that it shows, of which commit, and what it said of its delta. */
export interface KeptPlan {
  /** First 12 hex digits of the commit. */
  head: string
  digest: PlanDigest
  delta: Delta | undefined
}

/**
 * The delta to show for a plan, and the field to keep for the next one.
 *
 * @param field the one that the comment has; `undefined` when there is none, or its marker doesn't verify
 * @param head the commit that is planned
 */
export function deltaSince(
  field: string | undefined,
  head: string,
  digest: PlanDigest,
): { delta: Delta | undefined; field: string } {
  const commit = head.slice(0, 12)
  const delta = deltaFrom(readKept(field), commit, digest)
  return { delta, field: writeKept({ head: commit, digest, delta }) }
}

function deltaFrom(kept: KeptPlan | undefined, commit: string, digest: PlanDigest): Delta | undefined {
  if (!kept) return undefined
  const changes = deltaOf(kept.digest, digest)
  if (kept.head !== commit) return { since: 'push', changes }
  return isSame(changes) ? kept.delta : { since: 'plan', changes }
}

/** The same plan made again, after which what the last push did is still the news. */
function isSame(changes: Changes): boolean {
  if (changes.kind === 'totals') return changes.before === changes.now
  return changes.added + changes.gone + changes.changed === 0
}

/** `<commit>.<total>.<entries>.<delta>`, each of letters, digits, `-` and `_` only. */
export function writeKept({ head, digest, delta }: KeptPlan): string {
  const hex = [...(digest.entries ?? [])].flat().join('')
  const entries = digest.entries ? `_${Buffer.from(hex, 'hex').toString('base64url')}` : ''
  return [head, digest.total, entries, delta ? deltaText(delta) : ''].join('.')
}

/** `undefined` for anything that `writeKept` doesn't write. */
export function readKept(field: string | undefined): KeptPlan | undefined {
  const [, head, total, entries, delta = ''] = KEPT.exec(field ?? '') ?? []
  if (head === undefined || entries === undefined) return undefined
  const digest = { total: Number(total), entries: entries === '' ? undefined : readEntries(entries.slice(1)) }
  const kept = { head, digest, delta: readDeltaText(delta) }
  const isWhole = digest.entries === undefined || digest.entries.size === digest.total
  return isWhole && writeKept(kept) === field ? kept : undefined
}

const KEPT = /^([0-9a-f]{12})\.(\d{1,9})\.(|_[\w-]*)\.([\w-]*)$/

function readEntries(text: string): ReadonlyMap<string, string> {
  const entries = Buffer.from(text, 'base64url').toString('hex').match(/.{10}/g) ?? []
  return new Map(entries.map((entry) => [entry.slice(0, ADDRESS_DIGITS), entry.slice(ADDRESS_DIGITS)]))
}

function deltaText({ since, changes }: Delta): string {
  const numbers =
    changes.kind === 'counted'
      ? [changes.added, changes.gone, changes.changed, changes.unchanged]
      : [changes.before, changes.now]
  return [since, ...numbers].join('-')
}

function readDeltaText(text: string): Delta | undefined {
  const [, since, ...digits] = /^(push|plan)-(\d+)-(\d+)(?:-(\d+)-(\d+))?$/.exec(text) ?? []
  if (since !== 'push' && since !== 'plan') return undefined
  const [first = 0, second = 0, changed, unchanged] = digits.map((number) =>
    number === undefined ? undefined : Number(number),
  )
  return changed === undefined || unchanged === undefined
    ? { since, changes: { kind: 'totals', before: first, now: second } }
    : { since, changes: { kind: 'counted', added: first, gone: second, changed, unchanged } }
}
