import type { PutOptions, Store } from '../../../../lib/s3/store.ts'
import { failureReasons } from '../failure.ts'
import { type CatalogueKey, DamagedDocument, readDocument, writeDocument } from './document.ts'
import { isId, newId } from './id.ts'
import { isSetName } from './keys.ts'
import { collect, mapBounded } from './pool.ts'
import { count, fields, line, number, oneOf, sha256, text, time } from './shape.ts'

/**
 * What one run did: an immutable object of one line of JSON, `<set>/log/YYYY/MM/<id>.json`. S3 can't append; all of them
 * joined are the log as JSON lines.
 */
export interface RunEntry {
  format: 'ondol-run'
  version: 1
  set: string
  /** When it ended: RFC 3339, UTC. */
  at: string
  mode: string
  result: 'ok' | 'warning' | 'failed'
  /** Of a run that failed. */
  reason?: string
  /** The backup that it made or was about. */
  id?: string
  type?: 'full' | 'incremental' | 'differential'
  seconds: number
  files?: number
  bytesRead?: number
  bytesStored?: number
  /** Address of the run. */
  run?: string
  mac?: string
}

const MAX_ENTRY_BYTES = 64 * 1024

const entryCheck = fields<RunEntry>(
  {
    format: oneOf('ondol-run'),
    version: oneOf(1),
    set: text(isSetName, 'the name of a set'),
    at: time,
    mode: line(40),
    result: oneOf('ok', 'warning', 'failed'),
    reason: oneOf(...failureReasons),
    id: text(isId, 'the id of a backup'),
    type: oneOf('full', 'incremental', 'differential'),
    seconds: number(0, Number.MAX_SAFE_INTEGER),
    files: count,
    bytesRead: count,
    bytesStored: count,
    run: line(500),
    mac: sha256,
  },
  ['reason', 'id', 'type', 'files', 'bytesRead', 'bytesStored', 'run', 'mac'],
)

/** @throws StoreError */
export async function logRun(
  store: Pick<Store, 'put'>,
  entry: RunEntry,
  key: CatalogueKey,
  options: Omit<PutOptions, 'ifAbsent'> = {},
): Promise<void> {
  const name = newId(new Date(entry.at))
  const folder = `${logFolder(entry.set)}${name.slice(0, 4)}/${name.slice(4, 6)}/`
  await store.put(`${folder}${name}.json`, writeDocument(entry, key).bytes, { ...options, ifAbsent: true })
}

function logFolder(set: string): string {
  return `${set}/log/`
}

/** The last `maximum` runs, oldest first; damaged entries are counted among them and left out. @throws StoreError */
export async function readRuns(
  store: Pick<Store, 'folders' | 'list' | 'readAll'>,
  set: string,
  maximum: number,
  key: CatalogueKey,
): Promise<{ runs: RunEntry[]; damaged: number }> {
  const keys = await lastKeys(store, set, maximum)
  const entries = await mapBounded(keys, (objectKey) => readEntry(store, objectKey, set, key))
  const runs = entries.flatMap((entry) => entry ?? [])
  return { runs, damaged: entries.length - runs.length }
}

/** Lists no more months than it needs, from the newest back. */
async function lastKeys(store: Pick<Store, 'folders' | 'list'>, set: string, maximum: number): Promise<string[]> {
  const keys: string[] = []
  for (const year of await newestFirst(store, logFolder(set))) {
    for (const month of await newestFirst(store, year)) {
      if (keys.length >= maximum) break
      const objects = await collect(store.list(month))
      keys.unshift(...objects.map((object) => object.key).sort())
    }
  }
  return maximum > 0 ? keys.slice(-maximum) : []
}

async function newestFirst(store: Pick<Store, 'folders'>, folder: string): Promise<string[]> {
  const names = (await store.folders(folder)).filter((name) => /^\d{2,4}$/.test(name))
  return names
    .sort()
    .reverse()
    .map((name) => `${folder}${name}/`)
}

async function readEntry(
  store: Pick<Store, 'readAll'>,
  objectKey: string,
  set: string,
  key: CatalogueKey,
): Promise<RunEntry | undefined> {
  try {
    const bytes = await store.readAll(objectKey, MAX_ENTRY_BYTES)
    const entry = bytes && readDocument<RunEntry>(bytes, 'ondol-run', entryCheck, key)
    return entry?.set === set ? entry : undefined
  } catch (error) {
    if (error instanceof DamagedDocument) return undefined
    throw error
  }
}
