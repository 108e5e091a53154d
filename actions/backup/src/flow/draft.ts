import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { type Dropped, writeToAll } from '../../../../lib/s3/mirror.ts'
import { type Lock, type Store, StoreError } from '../../../../lib/s3/store.ts'
import type { CatalogueKey } from '../catalogue/document.ts'
import { backupFolder, MANIFEST } from '../catalogue/keys.ts'
import type { Manifest, ObjectRecord } from '../catalogue/manifest.ts'
import { readManifest, writeManifest } from '../catalogue/manifests.ts'
import { BackupError } from '../failure.ts'
import { type ObjectPlan, type ObjectUpload, openObject } from '../pipeline/open-object.ts'
import type { Sealing } from '../pipeline/sealing.ts'
import { recordOf } from '../pipeline/small.ts'

export interface DraftOptions {
  set: string
  id: string
  /** The first is decisive. */
  stores: readonly [Store, ...Store[]]
  lock: Lock | undefined
  sealing: Sealing
  key: CatalogueKey
  stop: AbortSignal
}

/** A backup that is being made. Its objects go to every store; without its manifest, which is written last, they are no backup. */
export interface Draft {
  readonly id: string
  /** Of what has been stored so far, by key. */
  records(): ObjectRecord[]
  /** Stores a stream; its records are kept. */
  upload(plan: ObjectPlan): ObjectUpload
  /** Stores a small object. */
  put(object: Pick<ObjectRecord, 'key' | 'kind'> & { source?: string }, bytes: Uint8Array): Promise<void>
  /** Stores the manifest and reads it back. Throws `corrupt` when something else comes back. */
  commit(manifest: Manifest): Promise<Manifest>
  /** Removes what was stored, as far as this run may; a backup that has its manifest loses that first, or stays whole. Never throws. */
  giveUp(): Promise<void>
  /** What has to be undone, besides, when there is no backup in the end. Must not reject. */
  onGiveUp(undo: () => Promise<void>): void
  /** Further stores that have no whole copy. */
  readonly dropped: readonly Dropped[]
}

export function openDraft({ set, id, stores, lock, sealing, key, stop }: DraftOptions): Draft {
  const [store] = stores
  const folder = backupFolder(set, id)
  const locked = lock === undefined ? {} : { lock }
  const mirror = writeToAll(stores)
  const records: ObjectRecord[] = []
  const undoing: (() => Promise<void>)[] = []
  let hasManifest = false

  /** Whether it is no backup any more. */
  async function removeFrom(one: Store): Promise<boolean> {
    if (hasManifest && (await one.remove(folder + MANIFEST)) === 'retained') return false
    await Promise.allSettled(records.map((record) => one.remove(folder + record.key)))
    return true
  }

  return {
    id,
    records: () => records.toSorted((left, right) => (left.key < right.key ? -1 : 1)),
    upload(plan) {
      const open = (name: string, options: { estimate?: number }) =>
        mirror.write(folder + name, { ...options, ...locked })
      const upload = openObject(open, plan, sealing, stop)
      const done = upload.done.then((stored) => {
        records.push(...stored.records)
        return stored
      })
      done.catch(() => undefined)
      return { stream: upload.stream, done }
    },
    async put(object, bytes) {
      if ((await mirror.put(folder + object.key, bytes, { ifAbsent: true, ...locked })) === 'exists') {
        throw new BackupError('unexpected', `${folder}${object.key} is in ${store.name} already.`)
      }
      records.push(recordOf(object, bytes))
    },
    async commit(manifest) {
      const target = { put: mirror.put, readAll: store.readAll, name: store.name }
      const written = await writeManifest(target, manifest, key, locked).catch((error: unknown) => {
        // A reply may be lost of what was carried out; but another run's manifest isn't ours to remove.
        hasManifest = error instanceof StoreError
        throw error
      })
      hasManifest = true
      const back = await readManifest(store, set, id, key)
      if (back.kind === 'good' && canonicalJson(back.manifest) === canonicalJson(written)) return written
      throw new BackupError(
        'corrupt',
        `The manifest of ${id} was written to ${store.name}, and something else came back.`,
      )
    },
    async giveUp() {
      const removals = await Promise.allSettled(stores.map(removeFrom))
      const isGone = removals.every((removal) => removal.status === 'fulfilled' && removal.value)
      if (isGone) await Promise.all(undoing.map((undo) => undo()))
    },
    onGiveUp: (undo) => void undoing.push(undo),
    get dropped() {
      return mirror.dropped
    },
  }
}
