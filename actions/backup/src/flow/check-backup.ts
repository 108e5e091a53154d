import { randomInt } from 'node:crypto'
import { finished } from 'node:stream/promises'
import { describeError } from '../../../../lib/action/errors.ts'
import { StoreError } from '../../../../lib/s3/store.ts'
import { backupFolder } from '../catalogue/keys.ts'
import type { Manifest, ObjectRecord } from '../catalogue/manifest.ts'
import { readIndex } from '../catalogue/sealed-index.ts'
import { BackupError } from '../failure.ts'
import { checkArchive } from '../files/check-archive.ts'
import { storedBytes } from '../pipeline/stored-bytes.ts'
import type { Session } from '../session.ts'
import { openStream, streamsOf } from './objects.ts'

export interface Checked {
  /** Share of the stored bytes that were read, 0 to 1. */
  coverage: number
  /** All that was read was decrypted and unpacked, too. */
  decrypted: boolean
  bytesRead: number
  /** Sentences. */
  problems: string[]
}

/** Reads one backup's own objects: all of them, or a share chosen at random. */
export async function checkBackup(session: Session, backup: Manifest): Promise<Checked> {
  const { inputs, keys } = session
  const opens = keys.data === 'none' || keys.data.length > 0
  const chosen = inputs.sample === 1 ? backup.objects : sample(backup.objects, inputs.sample)
  const problems: string[] = []
  const note = (error: unknown): void => {
    // What the store doesn't let us do is no flaw of the backup.
    const isFlaw = error instanceof BackupError || (error instanceof StoreError && error.reason === 'store-missing')
    if (!isFlaw || error.reason === 'interrupted' || error.reason === 'wrong-key' || error.reason === 'client-missing')
      throw error
    problems.push(describeError(error))
  }
  const whole = opens ? new Set(await openAll(session, backup, chosen, note)) : new Set<ObjectRecord>()
  for (const record of chosen.filter((one) => !whole.has(one))) await readStored(session, backup, record).catch(note)
  if (opens || (keys.index !== 'none' && keys.index.length > 0))
    await readIndex(session.store, backup, keys.index).catch(note)
  const total = sum(backup.objects)
  const bytesRead = sum(chosen)
  return { coverage: total === 0 ? 1 : bytesRead / total, decrypted: opens, bytesRead, problems }
}

/** Decrypts and unpacks whole archives and dumps. @returns what was read by that */
async function openAll(
  session: Session,
  backup: Manifest,
  chosen: readonly ObjectRecord[],
  note: (error: unknown) => void,
): Promise<ObjectRecord[]> {
  const { store, keys, stop } = session
  const wanted = new Set(chosen)
  const read: ObjectRecord[] = []
  for (const { id } of backup.sources) {
    for (const kind of ['tar', 'dump'] as const) {
      for (const records of streamsOf(backup, id, kind)) {
        if (!records.every((record) => wanted.has(record))) continue
        const bytes = openStream(store, backup, records, keys.data, stop)
        await (kind === 'tar' ? checkArchive(bytes, records[0].key) : drained(bytes)).catch(note)
        read.push(...records)
      }
    }
  }
  return read
}

async function drained(bytes: NodeJS.ReadableStream): Promise<void> {
  const end = finished(bytes)
  bytes.resume()
  await end
}

async function readStored({ store, stop }: Session, { set, id }: Manifest, record: ObjectRecord): Promise<void> {
  for await (const _ of storedBytes(record, { store, folder: backupFolder(set, id) }, stop)) stop.throwIfAborted()
}

/** Objects in random order until they have that share of the bytes. */
function sample(objects: readonly ObjectRecord[], share: number): ObjectRecord[] {
  const rest = [...objects]
  const goal = sum(objects) * share
  const chosen: ObjectRecord[] = []
  while (rest.length > 0 && (chosen.length === 0 || sum(chosen) < goal))
    chosen.push(...rest.splice(randomInt(rest.length), 1))
  return chosen
}

function sum(objects: readonly ObjectRecord[]): number {
  return objects.reduce((total, { bytes }) => total + bytes, 0)
}
