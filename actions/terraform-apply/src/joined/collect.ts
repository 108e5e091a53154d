import type { Row, RowBinding } from './row.ts'
import { openRow } from './row.ts'
import type { RowPlace, RowStore, StoredRow } from './row-store.ts'

/** The rows of a joined comment as far as they can be had. */
export interface Collected {
  rows: { key: string; row: Row }[]
  /** Indexed roots without a row: it has expired, or isn't what was stored. */
  gone: string[]
}

export type Collect = (known: readonly string[]) => Promise<Collected>

/**
 * Lists and opens rows again at each call, each content once. `own`: this leg's row, which counts even where the store
 * doesn't list it; a later run's row of the same root comes before it.
 */
export function collector(
  store: RowStore,
  place: RowPlace,
  key: Uint8Array | undefined,
  own: { key: string; row: Row },
): Collect {
  const opened = new Map<string, Promise<Row | undefined>>()
  const read = (stored: StoredRow): Promise<Row | undefined> => {
    const known = opened.get(stored.id)
    if (known) return known
    const reading = readRow(stored, key, bindingOf(place, stored.root, stored.runId))
    opened.set(stored.id, reading)
    return reading
  }
  return async (known) => {
    const stored = (await store.list(place, known)).filter(({ root, runId }) => root !== own.key || runId > own.row.run)
    const others = await Promise.all(stored.map(async (one) => ({ key: one.root, row: await read(one) })))
    const rows = new Map([[own.key, own.row]])
    for (const { key: root, row } of others) if (row) rows.set(root, row)
    return {
      rows: [...rows].map(([root, row]) => ({ key: root, row })),
      gone: known.filter((root) => !rows.has(root)),
    }
  }
}

async function readRow(stored: StoredRow, key: Uint8Array | undefined, binding: RowBinding): Promise<Row | undefined> {
  const sealed = await stored.read()
  return sealed && openRow(key, sealed, binding)
}

export function bindingOf(
  { repositoryId, pullRequest, headSha, group }: RowPlace,
  root: string,
  runId: number,
): RowBinding {
  return { repositoryId, pullRequest, headSha, group, root, runId }
}
