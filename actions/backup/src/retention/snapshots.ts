/** A backup as retention sees it. */
export interface Snapshot {
  id: string
  /** When it began; a text is RFC 3339. */
  time: Date | string
  /** The backup that this one needs. */
  parent?: string | undefined
  /** A verification or rehearsal of it passed. */
  verified?: boolean | undefined
  /** Of its manifest. */
  version?: number | undefined
}

/** A checked one. */
export interface Dated {
  id: string
  /** Milliseconds since 1970. */
  time: number
  parent: string | undefined
  verified: boolean
}

/** Of equal times, the greater id comes first: ids begin with the time and end at random, so the order is stable. */
export function newestFirst(snapshots: readonly Dated[]): Dated[] {
  return [...snapshots].sort((one, other) => other.time - one.time || (one.id < other.id ? 1 : -1))
}

/** Oldest first, but never a child before its parent, whatever their clocks said. Parents that aren't there don't matter. */
export function parentsFirst(snapshots: readonly Dated[]): Dated[] {
  const waiting = new Map(snapshots.toReversed().map((snapshot) => [snapshot.id, snapshot]))
  const ordered: Dated[] = []
  for (const snapshot of [...waiting.values()]) ordered.push(...takeLine(snapshot, waiting).reverse())
  return ordered
}

/** A snapshot and its ancestors, as far as they are still waiting; they wait no more. */
function takeLine({ id }: Dated, waiting: Map<string, Dated>): Dated[] {
  const line: Dated[] = []
  let next = waiting.get(id)
  while (next !== undefined) {
    line.push(next)
    waiting.delete(next.id)
    next = next.parent === undefined ? undefined : waiting.get(next.parent)
  }
  return line
}
