// Which type a backup will be, and upon which other one it builds.
import type { BackupType, Manifest, Verdict } from '../catalogue/manifest.ts'
import { inWords } from '../status/words.ts'
import { CLOCK_TOLERANCE_MS } from './clock.ts'
import { chainOf, latest } from './resolve.ts'
import { standingsOf } from './verdicts.ts'

export interface DecisionFacts {
  /** The input `type`. */
  asked: 'auto' | BackupType
  /** The input `full-every`, in milliseconds. */
  fullEveryMs: number
  /** All of the set that are authentic. */
  manifests: readonly Manifest[]
  /** What is wrong with objects of a backup, in a sentence, by id: missing, of another size, or an index that can't be read. */
  damaged: ReadonlyMap<string, string>
  verdicts: readonly Verdict[]
  now: Date
  /** How the sources differ from those of the newest backup, in a sentence. */
  sourcesChanged?: string | undefined
}

/** `reason` is one sentence for the log and the summary. */
export type Decision =
  | { type: 'full'; reason: string }
  | { type: 'incremental' | 'differential'; parent: Manifest; base: string; reason: string }

/**
 * Decides by facts only. Nothing is built upon a backup that can't surely be restored: then it is a full one, whatever was asked.
 * Two writers at once may choose the same parent; both backups are valid.
 */
export function decideType(facts: DecisionFacts): Decision {
  if (facts.asked === 'full') return { type: 'full', reason: 'A full backup was asked for.' }
  const newest = latest(facts.manifests)
  if (newest === undefined) return { type: 'full', reason: 'There is no backup yet to build upon.' }
  if (facts.sourcesChanged !== undefined) return { type: 'full', reason: facts.sourcesChanged }
  return facts.asked === 'differential' ? differential(facts) : incremental(facts, newest)
}

function differential(facts: DecisionFacts): Decision {
  const base = latest(facts.manifests.filter(({ type }) => type === 'full'))
  if (base === undefined) return { type: 'full', reason: 'There is no full backup to build upon.' }
  const obstacle = obstacleOf(base, facts)
  if (obstacle !== undefined) return { type: 'full', reason: obstacle }
  return { type: 'differential', parent: base, base: base.id, reason: 'A differential backup was asked for.' }
}

function incremental(facts: DecisionFacts, parent: Manifest): Decision {
  const obstacle = obstacleOf(parent, facts) ?? (facts.asked === 'auto' ? ageObstacle(parent, facts) : undefined)
  if (obstacle !== undefined) return { type: 'full', reason: obstacle }
  const reason =
    facts.asked === 'auto'
      ? `The last full backup is younger than ${inWords(facts.fullEveryMs)}.`
      : 'An incremental backup was asked for.'
  return { type: 'incremental', parent, base: parent.base, reason }
}

/** Why nothing may be built upon a backup. */
function obstacleOf(parent: Manifest, { manifests, damaged, verdicts, now }: DecisionFacts): string | undefined {
  if (Date.parse(parent.startedAt) - now.getTime() > CLOCK_TOLERANCE_MS) {
    return `Backup ${parent.id} has a start in the future: one of the clocks is wrong.`
  }
  const chain = chainOf(parent.id, manifests)
  if ('broken' in chain) return chain.broken
  const standings = standingsOf(verdicts)
  for (const { id } of chain) {
    const damage = damaged.get(id)
    if (damage !== undefined) return damage
    if (standings.get(id)?.kind === 'failed') return `Backup ${id} failed its verification.`
  }
  return undefined
}

function ageObstacle(parent: Manifest, { manifests, fullEveryMs, now }: DecisionFacts): string | undefined {
  const base = manifests.find(({ id }) => id === parent.base)
  const age = now.getTime() - Date.parse(base?.startedAt ?? parent.startedAt)
  if (age < fullEveryMs) return undefined
  return `The last full backup is ${inWords(age)} old; a full one is due every ${inWords(fullEveryMs)}.`
}
