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

/** A marker takes a share of the comment: with this, a group may have about 180 roots with names of usual length. */
const LONGEST_FIELD = 24_000

/**
 * One line a row: key, run, status, reviewed run and fingerprint (or `- -`), kept plan (or `-`), name. Where there are too
 * many, the kept plans are left out first, and then the last rows; `complete` says whether all rows are in it.
 */
export function writeIndex(rows: readonly IndexedRow[]): { field: string; complete: boolean } {
  const current = rows.filter(({ status }) => status !== STALE)
  const whole = rows.map(lineOf).join('')
  if (whole.length <= LONGEST_FIELD) return { field: whole, complete: true }
  const lines = current.map((row) => lineOf({ ...row, kept: '' }))
  const fitting = lines.slice(0, countWithin(lines, LONGEST_FIELD))
  return { field: fitting.join(''), complete: fitting.length === lines.length }
}

function lineOf({ key, run, status, reviewed, kept, name }: IndexedRow): string {
  return `${key} ${run} ${status} ${reviewed || '- -'} ${kept || '-'} ${name}\n`
}

/** How many of the first texts have no more characters together. */
function countWithin(texts: readonly string[], characters: number): number {
  let left = characters
  const first = texts.findIndex((text) => {
    left -= text.length
    return left < 0
  })
  return first === -1 ? texts.length : first
}

const LINE = /^([0-9a-f]{12}) (\d+) ([a-z-]+) (?:- -|(\d+ [0-9a-f]{64})) (?:-|([\w.-]{2,})) (\S+)$/

export function readIndex(field: string | undefined): IndexedRow[] {
  return (field ?? '').split('\n').flatMap((line) => {
    const [, key, run, status, reviewed = '', kept = '', name] = LINE.exec(line) ?? []
    if (key === undefined || status === undefined || name === undefined) return []
    return [{ key, run: Number(run), status, reviewed, kept, name }]
  })
}
