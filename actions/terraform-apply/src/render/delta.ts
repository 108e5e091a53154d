import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Changes, Delta } from '../delta/delta.ts'
import { thousands } from './literal.ts'

const SINCE: Readonly<Record<Delta['since'], string>> = {
  push: 'Since the last push',
  plan: 'Since the last plan of this commit',
}

/** `Since the last push: 1 resource added to the plan, 3 unchanged.` Nothing, when there is and was nothing to do. */
export function deltaBlocks({ since, changes }: Delta): Block[] {
  const words = changes.kind === 'counted' ? countedWords(changes) : totalWords(changes)
  return words === undefined ? [] : [{ kind: 'paragraph', markdown: `${SINCE[since]}: ${words}.` }]
}

function countedWords({ added, gone, changed, unchanged }: Extract<Changes, { kind: 'counted' }>): string | undefined {
  if (added + gone + changed === 0) return unchanged === 0 ? undefined : 'the plan is the same'
  const parts = [
    { count: added, words: 'added to the plan' },
    { count: gone, words: added > 0 ? 'gone from it' : 'gone from the plan' },
    { count: changed, words: 'changed' },
    { count: unchanged, words: 'unchanged' },
  ].filter(({ count }) => count > 0)
  return parts
    .map(({ count, words }, index) => `${index === 0 ? resources(count) : thousands(count)} ${words}`)
    .join(', ')
}

function totalWords({ before, now }: Extract<Changes, { kind: 'totals' }>): string {
  return `${resources(now)} in the plan, ${before === now ? 'as many as' : thousands(before)} before`
}

function resources(count: number): string {
  return `${thousands(count)} resource${count === 1 ? '' : 's'}`
}
