import { counted } from '../../../../lib/markdown/words.ts'
import type { ObjectDiff } from '../diff/diff.ts'
import type { DiffReport } from './diff-model.ts'

export type Change = ObjectDiff['change']

/** In the order of a comment's first line and of its folds: the riskiest first. `none` has no fold. */
export const LOOKS: Readonly<Record<Change, { symbol: string; words: string; fold: string }>> = {
  delete: { symbol: '🔴', words: 'to prune', fold: 'prune' },
  replace: { symbol: '♻️', words: 'to replace', fold: 'replace' },
  change: { symbol: '🟡', words: 'to change', fold: 'change' },
  create: { symbol: '🟢', words: 'to create', fold: 'create' },
  none: { symbol: '⚪️', words: 'unchanged', fold: '' },
}
export const HOOK_SYMBOL = '▶️'

const HEADLINE_ORDER: readonly Change[] = ['create', 'change', 'replace', 'delete']

/** `3 to create, 1 to change, 1 to prune · 1 hook to run · 12 unchanged`, as plain text. */
export function diffHeadline(report: DiffReport): string {
  const { hooks, problems } = report
  const counts = HEADLINE_ORDER.flatMap((change) => countOf(report, change))
  const nothing = problems.length === 0 ? ['nothing to change'] : []
  return [
    ...(problems.length === 0 ? [] : [`this deployment would fail: ${counted(problems.length, 'problem')}`]),
    ...(counts.length === 0 ? nothing : [counts.join(', ')]),
    ...(hooks.length === 0 ? [] : [`${counted(hooks.length, 'hook')} to run`]),
    ...countOf(report, 'none'),
  ].join(' · ')
}

function countOf({ diffs }: DiffReport, change: Change): string[] {
  const count = diffs.filter((diff) => diff.change === change).length
  return count === 0 ? [] : [`${count} ${LOOKS[change].words}`]
}

/** Would anything change, or can't that be told? That a hook runs as before is no change. */
export function wouldChange({ diffs, hooks, uncompared, problems }: DiffReport): boolean {
  const changes = [...diffs, ...hooks.map(({ diff }) => diff)].some(({ change }) => change !== 'none')
  return changes || uncompared.length + problems.length > 0
}

/** The riskiest first. */
export function changedOf({ diffs }: DiffReport): ObjectDiff[] {
  const changes = (Object.keys(LOOKS) as Change[]).filter((change) => change !== 'none')
  return changes.flatMap((change) => diffs.filter((diff) => diff.change === change))
}
