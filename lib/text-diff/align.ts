/** A step from one sequence to another: `before` and `after` are indices of what stays, goes or comes. */
export type Step =
  | { kind: 'same'; before: number; after: number }
  | { kind: 'removed'; before: number }
  | { kind: 'added'; after: number }

/** More differences than this aren't worth the search: what lies between is shown as removed and added. */
const MAX_DIFFERENCES = 1_000

/**
 * The shortest way from one sequence to the other, in order. Source: E. W. Myers, "An O(ND) Difference Algorithm and
 * Its Variations" (1986), the basic variant; common ends are taken off first.
 */
export function align(before: readonly string[], after: readonly string[]): Step[] {
  const start = commonStart(before, after)
  const end = commonEnd(before, after, start)
  const path = shortestPath(before.slice(start, before.length - end), after.slice(start, after.length - end))
  return [
    ...stay(start, 0, 0),
    ...path.map((step) => shift(step, start)),
    ...stay(end, before.length - end, after.length - end),
  ]
}

function commonStart(before: readonly string[], after: readonly string[]): number {
  const most = Math.min(before.length, after.length)
  let length = 0
  while (length < most && before[length] === after[length]) length++
  return length
}

function commonEnd(before: readonly string[], after: readonly string[], start: number): number {
  const most = Math.min(before.length, after.length) - start
  let length = 0
  while (length < most && before.at(-1 - length) === after.at(-1 - length)) length++
  return length
}

function stay(length: number, before: number, after: number): Step[] {
  return Array.from({ length }, (_, index) => ({ kind: 'same', before: before + index, after: after + index }))
}

function shift(step: Step, by: number): Step {
  if (step.kind === 'same') return { kind: 'same', before: step.before + by, after: step.after + by }
  if (step.kind === 'removed') return { kind: 'removed', before: step.before + by }
  return { kind: 'added', after: step.after + by }
}

/** `rounds[d]` holds, for each diagonal from -d to d, how far in `before` one gets with d differences. */
function shortestPath(before: readonly string[], after: readonly string[]): Step[] {
  const rounds: Int32Array[] = []
  const most = Math.min(before.length + after.length, MAX_DIFFERENCES)
  for (let differences = 0; differences <= most; differences++) {
    const reached = nextRound(before, after, rounds.at(-1), differences)
    rounds.push(reached)
    const goal = before.length - after.length
    if (Math.abs(goal) <= differences && reached[goal + differences] === before.length) {
      return walkBack(rounds, before.length, after.length)
    }
  }
  return [
    ...before.map((_, index): Step => ({ kind: 'removed', before: index })),
    ...after.map((_, index): Step => ({ kind: 'added', after: index })),
  ]
}

function nextRound(
  before: readonly string[],
  after: readonly string[],
  previous: Int32Array | undefined,
  differences: number,
): Int32Array {
  const reached = new Int32Array(2 * differences + 1).fill(-1)
  for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
    let x = previous ? bestStart(previous, differences, diagonal) : 0
    while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++
    reached[diagonal + differences] = x
  }
  return reached
}

/** A step down (something added) keeps x, a step to the right (something removed) raises it. */
function bestStart(previous: Int32Array, differences: number, diagonal: number): number {
  return stepsDown(previous, differences, diagonal)
    ? reachedAt(previous, differences, diagonal + 1)
    : reachedAt(previous, differences, diagonal - 1) + 1
}

function stepsDown(previous: Int32Array, differences: number, diagonal: number): boolean {
  if (diagonal === -differences) return true
  if (diagonal === differences) return false
  return reachedAt(previous, differences, diagonal - 1) < reachedAt(previous, differences, diagonal + 1)
}

function reachedAt(previous: Int32Array, differences: number, diagonal: number): number {
  return previous[diagonal + differences - 1] ?? -1
}

function walkBack(rounds: readonly Int32Array[], beforeLength: number, afterLength: number): Step[] {
  const steps: Step[] = []
  let [x, y] = [beforeLength, afterLength]
  for (let differences = rounds.length - 1; differences > 0; differences--) {
    const previous = rounds[differences - 1] ?? new Int32Array()
    const down = stepsDown(previous, differences, x - y)
    const from = reachedAt(previous, differences, x - y + (down ? 1 : -1))
    const start = down ? from : from + 1
    while (x > start) steps.push({ kind: 'same', before: --x, after: --y })
    steps.push(down ? { kind: 'added', after: --y } : { kind: 'removed', before: --x })
  }
  while (x > 0) steps.push({ kind: 'same', before: --x, after: --y })
  return steps.reverse()
}
