/** Of several runs of the same. */
export interface Spread {
  median: number
  min: number
  max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}

/**
 * Runs two subjects by turns, so that both meet the same moods of the machine; who goes first changes with every round.
 * A first round warms up and isn't counted.
 */
export async function alternate<A, B>(
  rounds: number,
  one: () => Promise<A>,
  other: () => Promise<B>,
): Promise<{ one: A[]; other: B[] }> {
  const samples: { one: A[]; other: B[] } = { one: [], other: [] }
  const takes = [async () => samples.one.push(await one()), async () => samples.other.push(await other())]
  for (let round = 0; round <= rounds; round++) {
    for (const take of round % 2 === 0 ? takes : takes.toReversed()) await take()
  }
  return { one: samples.one.slice(1), other: samples.other.slice(1) }
}
