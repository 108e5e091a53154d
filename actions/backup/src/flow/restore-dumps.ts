import { createWriteStream } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BackupIndex, IndexedDump, IndexedSource } from '../catalogue/index-file.ts'
import { readDataKey } from '../catalogue/keys.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import type { Session } from '../session.ts'
import type { RestoreStream } from '../sources/restore.ts'
import { openStream } from './objects.ts'

/** Sources of a backup that hold dumps. */
export function dumpSources({ header }: BackupIndex): IndexedSource[] {
  return header.sources.filter(({ dumps }) => dumps.length > 0)
}

/** The plain bytes of a dump. Throws `corrupt` when the manifest doesn't list what the index names. */
export function openDump({ store, keys, stop }: Session, backup: Manifest, { keys: wanted }: IndexedDump): Readable {
  const [first, ...others] = wanted.map((key) => {
    const record = backup.objects.find((object) => object.key === key)
    if (record === undefined)
      throw new BackupError('corrupt', `The index of ${backup.id} names ${key}, which its manifest doesn't list.`)
    return record
  })
  if (first === undefined) throw new BackupError('corrupt', `The index of ${backup.id} has a dump without an object.`)
  return openStream(store, backup, [first, ...others], keys.data, stop)
}

/** As the databases' own restore wants them. */
export function restoreStreams(session: Session, backup: Manifest, source: IndexedSource): RestoreStream[] {
  return source.dumps.map((dump) => ({
    name: dump.name,
    role: dump.role,
    open: async () => openDump(session, backup, dump),
  }))
}

export interface RestoredDumps {
  /** Path and bytes of each. */
  written: { path: string; bytes: number; name: string }[]
}

/** Writes every dump to a file below `databases/` of a folder, 0600, since dumps hold password verifiers. */
export async function restoreDumpFiles(
  session: Session,
  backup: Manifest,
  index: BackupIndex,
  folder: string,
): Promise<RestoredDumps> {
  const written: RestoredDumps['written'] = []
  for (const source of dumpSources(index)) {
    const own = join(folder, 'databases', source.id)
    await mkdir(own, { recursive: true, mode: 0o700 })
    await requireEmpty(own)
    for (const dump of source.dumps) {
      // Names of databases may be anything, and need not be names of files.
      const path = join(own, `${readDataKey(dump.keys[0] ?? '').stream.replace(`${source.id}.`, '')}`)
      session.log.info(`Restoring ${dump.keys[0]} of ${backup.id}`)
      await pipeline(openDump(session, backup, dump), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
      written.push({ path, bytes: dump.plainBytes, name: dump.name })
    }
  }
  return { written }
}

async function requireEmpty(folder: string): Promise<void> {
  if ((await readdir(folder)).length === 0) return
  throw new BackupError('not-empty', `${folder} is not empty, so no dump was restored into it.`, {
    remedy: 'Name another folder in restore-to.',
  })
}
