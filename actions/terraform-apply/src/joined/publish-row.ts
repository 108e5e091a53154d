import { type Composition, type Published, publishComposed } from '../../../../lib/github/comments.ts'
import { compareWriters, type OwnComment, type Thread, type Writer } from '../../../../lib/github/own-comments.ts'
import type { PullRequest } from '../../../../lib/github/pull-requests.ts'
import type { Report } from '../render/report.ts'
import type { Session } from '../session.ts'
import { joinedBodies } from './body.ts'
import { bindingOf, type Collected, collector } from './collect.ts'
import { type IndexedRow, ROWS_FIELD, readIndex, STALE, writeIndex } from './index-field.ts'
import { makeRow } from './make-row.ts'
import { type Row, rootKey, sealRow } from './row.ts'
import { artifactRows, fileRows, type RowPlace, type RowStore } from './row-store.ts'

export interface RowLimits {
  /** Of a comment's body, its marker not counted. */
  bytes: number
  parts: number
}

const TOO_MANY =
  'The joined comment has more roots than it can keep in mind: those left out can be applied only by their fingerprint. Divide them into several groups.'

/** A root's row, and where it belongs. */
export interface OwnRow {
  group: string
  thread: Thread
  pullRequest: PullRequest
  report: Report
  /** Where the whole report is, in plain words. */
  fullReport: string
  /** The plan that this report shows for review; `undefined` keeps the one that was shown before. */
  shown: string | undefined
  /** The plan to compare the next one with; `undefined` keeps the one before. */
  kept: string | undefined
}

/**
 * Writes a root's row into the comment that its group shares.
 *
 * Comments have no compare-and-swap. So each leg stores its row first, says what all rows say that it can list, and lists
 * again after it has written: whoever's writing lands last has seen every row that was stored before, and says them all.
 */
export async function publishRow(session: Session, own: OwnRow, limits: RowLimits): Promise<Published> {
  const { github, keys, context } = session
  const { report, thread } = own
  const place = placeOf(session, own)
  const key = rootKey(report.root)
  const stored = once(async (existing: readonly OwnComment[]) => {
    const before = newestIndex(existing).find((row) => row.key === key)
    const reviewed = own.shown ?? indexOf(existing, place.headSha).find((row) => row.key === key)?.reviewed ?? ''
    const kept = own.kept ?? before?.kept ?? ''
    const bytes = limits.bytes * limits.parts
    const row = makeRow(report, session.redact, { reviewed, kept, fullReport: own.fullReport, bytes })
    const store = rowStore(session)
    await putRow(session, store, place, key, row)
    return { row, collect: collector(store, place, keys?.row, { key, row }) }
  })
  let superseded: number | undefined
  let isComplete = true
  const published = await publishComposed(github, thread, 'update', async (existing) => {
    const { row, collect } = await stored(existing)
    const indexed = indexOf(existing, place.headSha)
    const collected = await collect(indexed)
    superseded = laterRun(collected, key, row)
    const writer = newestWriter({ run: context.runId, attempt: context.runAttempt }, existing, place.headSha)
    const { complete, ...composition } = compose(own, collected, { indexed, before: newestIndex(existing) }, limits)
    isComplete = complete
    return { writer, ...composition }
  })
  if (!isComplete) session.log.annotate({ level: 'warning', message: TOO_MANY })
  if (superseded === undefined || published.kind !== 'published') return published
  return { kind: 'newer-run', url: published.url, run: superseded }
}

/** The joined comment's rows, as the newest of its comments lists them for this commit. */
export function indexOf(comments: readonly OwnComment[], headSha: string): IndexedRow[] {
  const index = newestIndex(comments.filter(({ fields }) => fields['head'] === headSha))
  return index.filter(({ status }) => status !== STALE)
}

/** The same for whichever commit it is about. */
export function newestIndex(comments: readonly OwnComment[]): IndexedRow[] {
  const first = comments
    .filter(({ part }) => part === 1)
    .toSorted((left, right) => left.run - right.run || left.attempt - right.attempt || right.id - left.id)
    .at(-1)
  return readIndex(first?.fields[ROWS_FIELD])
}

function compose(
  { group, report }: OwnRow,
  { rows, gone }: Collected,
  { indexed, before }: { indexed: readonly IndexedRow[]; before: readonly IndexedRow[] },
  { bytes, parts }: RowLimits,
): Omit<Composition, 'writer'> & { complete: boolean } {
  const lost = indexed.filter(({ key }) => gone.includes(key))
  const current = [...rows.map(({ key, row }) => indexedRow(key, row)), ...lost]
  const index = writeIndex([...current.toSorted(byKey), ...staleRows(before, current)])
  const runsUrl = report.footer.runUrl.replace(/\/\d+$/, '')
  const joined = { group, headSha: report.footer.headSha, runsUrl, rows: rows.map(({ row }) => row), gone: lost }
  return {
    bodies: joinedBodies(joined, { bytes: bytes - markerBytes(index.field), parts }).bodies,
    fields: { head: report.footer.headSha, [ROWS_FIELD]: index.field },
    complete: index.complete,
  }
}

/** The same rows are left out by every leg. */
function byKey(left: IndexedRow, right: IndexedRow): number {
  return left.key < right.key ? -1 : 1
}

/** A comment about one commit belongs to the newest run that has a row in it, and an older leg may still add its own. */
function newestWriter(own: Writer, existing: readonly OwnComment[], headSha: string): Writer {
  const writers = existing.filter(({ part, fields }) => part === 1 && fields['head'] === headSha)
  const { run, attempt } = [own, ...writers].toSorted(compareWriters).at(-1) ?? own
  return { run, attempt }
}

/** The marker is base64 of JSON. */
function markerBytes(index: string): number {
  return Math.ceil((Buffer.byteLength(JSON.stringify(index)) * 4) / 3)
}

function indexedRow(key: string, { run, status, reviewed, kept, root }: Row): IndexedRow {
  return { key, run, status, reviewed, kept, name: root.name }
}

/** Legs that come later still need what an older commit's rows kept. */
function staleRows(before: readonly IndexedRow[], current: readonly IndexedRow[]): IndexedRow[] {
  return before
    .filter(({ key, kept }) => kept !== '' && !current.some((row) => row.key === key))
    .map((row) => ({ ...row, status: STALE, reviewed: '' }))
}

/** Another run has reported on this root since. */
function laterRun({ rows }: Collected, key: string, row: Row): number | undefined {
  const shown = rows.find((one) => one.key === key)?.row.run ?? row.run
  return shown > row.run ? shown : undefined
}

function placeOf({ context }: Session, { group, pullRequest, report }: OwnRow): RowPlace {
  return {
    repositoryId: context.repository.id,
    pullRequest: pullRequest.number,
    headSha: report.footer.headSha,
    group,
  }
}

function rowStore({ inputs, github, context, scratch }: Session): RowStore {
  return inputs.planStore.kind === 'file'
    ? fileRows(inputs.planStore.directory, context)
    : artifactRows(github, context.runId, scratch)
}

/** A row that can't be stored is still told, until another leg writes the comment. */
async function putRow(
  { keys, context, log }: Session,
  store: RowStore,
  place: RowPlace,
  key: string,
  row: Row,
): Promise<void> {
  try {
    await store.put(place, key, sealRow(keys?.row, row, bindingOf(place, key, context.runId)))
  } catch (error) {
    log.annotate({
      level: 'warning',
      message: `The row for the joined comment could not be stored, so another job of the matrix may leave it out: ${(error as Error).message}`,
    })
  }
}

function once<A, B>(make: (argument: A) => Promise<B>): (argument: A) => Promise<B> {
  let made: Promise<B> | undefined
  return (argument) => {
    made ??= make(argument)
    return made
  }
}
