import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { align, type Step } from './align.ts'

const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 })

function rebuild(steps: readonly Step[], before: readonly string[], after: readonly string[]) {
  const kept = (step: Step) => (step.kind === 'added' ? [] : [before[step.before]])
  const made = (step: Step) => (step.kind === 'removed' ? [] : [after[step.after]])
  return { before: steps.flatMap(kept), after: steps.flatMap(made) }
}

function longestCommon(before: readonly string[], after: readonly string[]): number {
  let row = new Array<number>(after.length + 1).fill(0)
  for (const left of before) {
    const next = [0]
    for (const [index, right] of after.entries()) {
      next.push(left === right ? (row[index] ?? 0) + 1 : Math.max(next[index] ?? 0, row[index + 1] ?? 0))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

describe('align', () => {
  test('tells both sequences whole, in order, and says "same" of equal elements only', () => {
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const steps = align(before, after)
        expect(rebuild(steps, before, after)).toEqual({ before, after })
        for (const step of steps) if (step.kind === 'same') expect(before[step.before]).toBe(after[step.after])
      }),
    )
  })

  test('keeps as much as can be kept', () => {
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const same = align(before, after).filter(({ kind }) => kind === 'same')
        expect(same).toHaveLength(longestCommon(before, after))
      }),
    )
  })

  test('gives up the search, not the contents, when nearly everything differs', () => {
    const before = Array.from({ length: 4_000 }, (_, index) => `old ${index}`)
    const after = Array.from({ length: 4_000 }, (_, index) => `new ${index}`)
    expect(rebuild(align(before, after), before, after)).toEqual({ before, after })
  })
})
