/**
 * Runs `work` for every item, at most `width` at a time, and gives the results in the items' order. After an error no new item
 * is begun; what is under way ends first, and then the first error in the items' order is thrown.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const errors: { index: number; error: unknown }[] = []
  const pending = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of pending) {
      try {
        results[index] = await work(item)
      } catch (error) {
        errors.push({ index, error })
      }
      if (errors.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  const first = errors.sort((one, other) => one.index - other.index)[0]
  if (first !== undefined) throw first.error
  return results
}
