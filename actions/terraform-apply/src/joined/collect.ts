import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import type { IndexedRow } from './index-field.ts'
import { openRow, type Row, type RowBinding } from './row.ts'
import type { RowPlace, RowStore, StoredRow } from './row-store.ts'

/** A matrix has at most 256 jobs. */
const MOST_ROWS = 256
const AT_ONCE = 8

/** The rows of a joined comment as far as they can be had. */
export interface Collected {
  rows: { key: string; row: Row }[]
  /** Indexed roots without a row: it has expired, or isn't what was stored. */
  gone: string[]
}

/** What the comment lists already: a root's row may become newer, never older. */
export type Known = Pick<IndexedRow, 'key' | 'run'>

export type Collect = (known: readonly Known[]) => Promise<Collected>

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
  const opened = new Map<string, Row | undefined>()
  const read = async (stored: StoredRow): Promise<Row | undefined> => {
    if (opened.has(stored.id)) return opened.get(stored.id)
    const sealed = await stored.read()
    // What has just been replaced isn't there, and its successor has another id.
    if (!sealed) return undefined
    const row = openRow(key, sealed, bindingOf(place, stored.root, stored.runId))
    opened.set(stored.id, row)
    return row
  }
  return async (known) => {
    const oldest = new Map(known.map((row) => [row.key, row.run]))
    const isNews = ({ root, runId }: StoredRow): boolean =>
      runId >= (oldest.get(root) ?? 0) && (root !== own.key || runId > own.row.run)
    const stored = (await store.list(place, [...oldest.keys()])).filter(isNews).slice(0, MOST_ROWS)
    const others = await inParallel(stored, AT_ONCE, async (one) => ({ key: one.root, row: await read(one) }))
    const rows = new Map([[own.key, own.row]])
    for (const { key: root, row } of others) if (row) rows.set(root, row)
    return {
      rows: [...rows].map(([root, row]) => ({ key: root, row })),
      gone: [...oldest.keys()].filter((root) => !rows.has(root)),
    }
  }
}

export function bindingOf(
  { repositoryId, pullRequest, headSha, group }: RowPlace,
  root: string,
  runId: number,
): RowBinding {
  return { repositoryId, pullRequest, headSha, group, root, runId }
}
