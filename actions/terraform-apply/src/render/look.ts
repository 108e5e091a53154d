import type { Counts } from '../plan/counts.ts'
import { type Effect, effectOf, type ResourceChange } from '../plan/format.ts'

/** How an effect is shown. `rank`: the riskiest comes first. */
interface Look {
  symbol: string
  word: string
  rank: number
}

const LOOKS: Readonly<Record<Effect, Look>> = {
  delete: { symbol: '🔴', word: 'destroy', rank: 0 },
  replace: { symbol: '♻️', word: 'replace', rank: 1 },
  'forget-and-create': { symbol: '👋', word: 'forget and create anew', rank: 2 },
  forget: { symbol: '👋', word: 'forget', rank: 3 },
  update: { symbol: '🟡', word: 'change', rank: 4 },
  create: { symbol: '🟢', word: 'create', rank: 5 },
  'no-op': { symbol: '➡️', word: 'no change', rank: 6 },
  read: { symbol: '📖', word: 'read', rank: 7 },
}

export function lookOf(resource: ResourceChange): Look {
  return LOOKS[effectOf(resource.change)]
}

/** In the order of a comment's first line, risk first. */
const COUNTERS: readonly { key: keyof Counts; symbol: string }[] = [
  { key: 'destroy', symbol: '🔴' },
  { key: 'replace', symbol: '♻️' },
  { key: 'add', symbol: '🟢' },
  { key: 'change', symbol: '🟡' },
  { key: 'move', symbol: '➡️' },
  { key: 'import', symbol: '📥' },
  { key: 'forget', symbol: '👋' },
  { key: 'drift', symbol: '🌊' },
]

/** `🔴 1 destroy · 🟢 2 add · outputs 1`; empty when there is nothing. */
export function symbolCounts(counts: Counts): string {
  const parts = COUNTERS.flatMap(({ key, symbol }) => (counts[key] > 0 ? [`${symbol} ${counts[key]} ${key}`] : []))
  return [...parts, ...(counts.outputs > 0 ? [`outputs ${counts.outputs}`] : [])].join(' · ')
}

/** `1 destroy, 2 add, 1 output`; empty when there is nothing. */
export function plainCounts(counts: Counts): string {
  const parts = COUNTERS.flatMap(({ key }) => (counts[key] > 0 ? [`${counts[key]} ${key}`] : []))
  const outputs = counts.outputs > 0 ? [`${counts.outputs} output${counts.outputs === 1 ? '' : 's'}`] : []
  return [...parts, ...outputs].join(', ')
}

const collator = new Intl.Collator('en', { numeric: true })

/** Riskiest first, then by address, `x[2]` before `x[10]`. */
export function byRisk(left: ResourceChange, right: ResourceChange): number {
  return lookOf(left).rank - lookOf(right).rank || collator.compare(left.address, right.address)
}
