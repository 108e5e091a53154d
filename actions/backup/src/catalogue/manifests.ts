import { type PutOptions, type Store, StoreError } from '../../../../lib/s3/store.ts'
import { BackupError } from '../failure.ts'
import { type CatalogueKey, DamagedDocument, ForeignDocument, readDocument, writeDocument } from './document.ts'
import { isId } from './id.ts'
import { backupFolder, MANIFEST } from './keys.ts'
import type { Manifest } from './manifest.ts'
import { manifestCheck } from './manifest-shape.ts'
import { mapBounded } from './pool.ts'
import { ShapeError } from './shape.ts'

/** A hundred thousand objects. */
const MAX_MANIFEST_BYTES = 32 * 2 ** 20

/**
 * Completes a backup: from now on it exists. An existing manifest is never overwritten.
 *
 * @returns the manifest with its mac
 * @throws BackupError `unexpected` when another run has taken the id, or the manifest isn't one; StoreError
 */
export async function writeManifest(
  store: Pick<Store, 'put' | 'readAll' | 'name'>,
  manifest: Manifest,
  key: CatalogueKey,
  options: Omit<PutOptions, 'ifAbsent'> = {},
): Promise<Manifest> {
  requireSound(manifest)
  const { document, bytes } = writeDocument(manifest, key)
  const objectKey = backupFolder(manifest.set, manifest.id) + MANIFEST
  if ((await store.put(objectKey, bytes, { ...options, ifAbsent: true })) === 'written') return document
  // It may be our own: of a request whose reply was lost, and that was tried again.
  const found = await store.readAll(objectKey, MAX_MANIFEST_BYTES)
  if (found?.equals(bytes)) return document
  throw new BackupError('unexpected', `Another run has written a backup ${manifest.id} into ${store.name}.`, {
    remedy: 'Run the backup again: it will get another id.',
  })
}

/** What can't be read back must not be written. */
function requireSound(manifest: Manifest): void {
  try {
    manifestCheck(manifest, 'manifest')
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new BackupError('unexpected', `The manifest of ${manifest.id} is wrong: ${cause.message}.`, { cause })
  }
}

export type FoundManifest =
  | { kind: 'good'; id: string; manifest: Manifest }
  /** `isForeign`: the index key doesn't prove it. */
  | { kind: 'damaged'; id: string; problem: string; isForeign: boolean }
  /** A backup that is being made, or was never completed: no manifest, no backup. */
  | { kind: 'incomplete'; id: string }

/** One backup's manifest. @throws StoreError */
export async function readManifest(
  store: Pick<Store, 'readAll'>,
  set: string,
  id: string,
  key: CatalogueKey,
): Promise<FoundManifest> {
  try {
    const bytes = await store.readAll(backupFolder(set, id) + MANIFEST, MAX_MANIFEST_BYTES)
    if (bytes === undefined) return { kind: 'incomplete', id }
    const manifest = readDocument<Manifest>(bytes, 'ondol-backup', manifestCheck, key)
    return manifest.id === id && manifest.set === set
      ? { kind: 'good', id, manifest }
      : { kind: 'damaged', id, problem: 'it is the manifest of another backup', isForeign: false }
  } catch (error) {
    if (error instanceof DamagedDocument)
      return { kind: 'damaged', id, problem: error.message, isForeign: error instanceof ForeignDocument }
    if (error instanceof StoreError) throw error
    return { kind: 'damaged', id, problem: `it can not be read (${(error as Error).message})`, isForeign: false }
  }
}

/** A set's backups, oldest first in each list. */
export interface Catalogue {
  backups: Manifest[]
  /** With a clause about the manifest. */
  damaged: { id: string; problem: string }[]
  /** There are manifests, and the index key proves none: most likely it isn't the one they were made with. */
  isForeign: boolean
  incomplete: string[]
}

/** @throws StoreError */
export async function readManifests(
  store: Pick<Store, 'folders' | 'readAll'>,
  set: string,
  key: CatalogueKey,
): Promise<Catalogue> {
  const ids = (await store.folders(`${set}/`)).filter(isId).sort()
  const found = await mapBounded(ids, (id) => readManifest(store, set, id, key))
  return {
    backups: found.flatMap((each) => (each.kind === 'good' ? [each.manifest] : [])),
    isForeign: isForeign(found),
    damaged: found.flatMap((each) => (each.kind === 'damaged' ? [{ id: each.id, problem: each.problem }] : [])),
    incomplete: found.flatMap((each) => (each.kind === 'incomplete' ? [each.id] : [])),
  }
}

function isForeign(found: readonly FoundManifest[]): boolean {
  const manifests = found.filter(({ kind }) => kind !== 'incomplete')
  return manifests.length > 0 && manifests.every((each) => each.kind === 'damaged' && each.isForeign)
}
