import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'

/** Requests at once: enough to hide the round trip. */
const WIDTH = 16

/** `work` for every item, as many requests at once as pay. */
export function mapBounded<T, R>(items: readonly T[], work: (item: T) => Promise<R>, width = WIDTH): Promise<R[]> {
  return inParallel(items, width, work)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
