/** The marker's field that lists the rows which a joined comment shows. */
export const ROWS_FIELD = 'rows'

/** What the marker keeps of a row: enough to tell what was shown for review, and to name the root when its row has gone. */
export interface IndexedRow {
  /** As `rootKey` has it. */
  key: string
  run: number
  status: string
  /** The reviewed plan, as `writeShown` has it; empty when there is none. */
  reviewed: string
  /** The plan to compare the next one with, as `writeKept` has it; empty when there is none. */
  kept: string
  name: string
}

/** The status of a row of an older commit: only its kept plan still counts. */
export const STALE = 'stale'

/** A marker takes a share of the comment, so a group of more roots than fit in this keeps the first ones only. */
const LONGEST_FIELD = 16_000

/** One line a row: key, run, status, reviewed run and fingerprint (or `- -`), kept plan (or `-`), name. */
export function writeIndex(rows: readonly IndexedRow[]): string {
  let field = ''
  for (const { key, run, status, reviewed, kept, name } of rows) {
    const line = `${key} ${run} ${status} ${reviewed || '- -'} ${kept || '-'} ${name}\n`
    if (field.length + line.length > LONGEST_FIELD) break
    field += line
  }
  return field
}

const LINE = /^([0-9a-f]{12}) (\d+) ([a-z-]+) (?:- -|(\d+ [0-9a-f]{64})) (?:-|([\w.-]{2,})) (\S+)$/

export function readIndex(field: string | undefined): IndexedRow[] {
  return (field ?? '').split('\n').flatMap((line) => {
    const [, key, run, status, reviewed = '', kept = '', name] = LINE.exec(line) ?? []
    if (key === undefined || status === undefined || name === undefined) return []
    return [{ key, run: Number(run), status, reviewed, kept, name }]
  })
}
