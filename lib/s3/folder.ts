import { lstat, realpath, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { abandonedFiles, listFiles, listFolders, removeFile } from './folder-list.ts'
import { findFile, folderError, openPlain } from './folder-paths.ts'
import { type Folder, putFile, writeFile } from './folder-writer.ts'
import { checkKey, checkPrefix } from './keys.ts'
import type { StoreSettings } from './options.ts'
import { readLimited, throttled } from './read-limited.ts'
import { type OpenedStore, type StoredObject, StoreError } from './store.ts'
import { createThrottle } from './throttle.ts'

/**
 * A folder as a store. It knows no locks: `lock` changes nothing here, and whoever promises one refuses a folder. Throws
 * `store-missing` when the folder isn't there.
 */
export async function openFolder(
  path: string,
  { bandwidthLimit }: Pick<StoreSettings, 'bandwidthLimit'>,
): Promise<OpenedStore> {
  const name = `file://${path}`
  const folder: Folder = { name, root: await rootAt(path, name), throttle: createThrottle(bandwidthLimit) }
  return {
    name,
    clockSkewMs: 0,
    async put(key, body, { ifAbsent = false } = {}) {
      checkKey(key)
      return putFile(folder, key, body, ifAbsent)
    },
    write(key) {
      checkKey(key)
      return writeFile(folder, key)
    },
    async read(key) {
      checkKey(key)
      const stream = await openObject(folder, key)
      if (stream === undefined) throw new StoreError('store-missing', `${name} could not read ${key}: it isn't there.`)
      return throttled(stream, folder.throttle)
    },
    async readAll(key, maxBytes) {
      checkKey(key)
      const stream = await openObject(folder, key)
      return stream === undefined ? undefined : readLimited(stream, { store: name, key, maxBytes })
    },
    async head(key) {
      checkKey(key)
      return headFile(folder, key)
    },
    list(prefix) {
      checkPrefix(prefix)
      return listFiles(folder, prefix)
    },
    async folders(prefix) {
      checkPrefix(prefix)
      return listFolders(folder, prefix)
    },
    async remove(key) {
      checkKey(key)
      const found = await findFile(folder.root, key)
      if (found === undefined) return 'missing'
      await removeFile(folder, found)
      return 'removed'
    },
    async expiryDays() {
      return undefined
    },
    async abandonedUploads(prefix, olderThanMs) {
      checkPrefix(prefix)
      return abandonedFiles(folder, prefix, olderThanMs)
    },
    close() {},
  }
}

async function rootAt(path: string, name: string): Promise<string> {
  const remedy = "Create it first, or mount its disk: it isn't created, so that a missing disk is noticed."
  try {
    const root = await realpath(path)
    if ((await stat(root)).isDirectory()) return root
  } catch (cause) {
    throw new StoreError('store-missing', `There is no folder ${name}.`, { remedy, cause })
  }
  throw new StoreError('store-missing', `${name} is no folder.`, { remedy })
}

async function openObject(folder: Folder, key: string): Promise<Readable | undefined> {
  try {
    const path = await findFile(folder.root, key)
    if (path === undefined) return undefined
    const handle = await openPlain(path)
    return handle.createReadStream({ highWaterMark: 256 * 1024 })
  } catch (error) {
    throw folderError(error, folder.name, `read ${key}`)
  }
}

async function headFile(folder: Folder, key: string): Promise<StoredObject | undefined> {
  try {
    const path = await findFile(folder.root, key)
    if (path === undefined) return undefined
    const { size, mtime } = await lstat(path)
    return { key, bytes: size, modifiedAt: mtime }
  } catch (error) {
    throw folderError(error, folder.name, `look at ${key}`)
  }
}
