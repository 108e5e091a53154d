import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { folderError, removeEmptyFolders, unless } from './folder-paths.ts'
import type { Folder } from './folder-writer.ts'
import { TEMPORARY_PREFIX } from './keys.ts'
import type { AbandonedUpload, StoredObject } from './store.ts'

/** A plain file below the root. */
interface Found {
  key: string
  path: string
  stats: Stats
}

/** Objects whose key begins with `prefix`, in the order of their bytes, as S3 lists them. */
export async function* listFiles(folder: Folder, prefix: string): AsyncGenerator<StoredObject> {
  try {
    for await (const { key, stats } of walk(folder.root, '', prefix)) {
      if (!isTemporary(key)) yield { key, bytes: stats.size, modifiedAt: stats.mtime }
    }
  } catch (error) {
    throw folderError(error, folder.name, `list ${prefix || 'it'}`)
  }
}

/** Folders right under `prefix` that hold an object: S3 has no others. */
export async function listFolders(folder: Folder, prefix: string): Promise<string[]> {
  const start = prefix.lastIndexOf('/') + 1
  const within = join(folder.root, prefix.slice(0, start))
  try {
    const names: string[] = []
    for (const entry of await entriesOf(within)) {
      const key = `${prefix.slice(0, start)}${entry.name}/`
      if (entry.isDirectory() && key.startsWith(prefix) && (await holdsObject(join(within, entry.name), key))) {
        names.push(key.slice(prefix.length, -1))
      }
    }
    return names
  } catch (error) {
    throw folderError(error, folder.name, `list ${prefix || 'it'}`)
  }
}

async function holdsObject(path: string, key: string): Promise<boolean> {
  for await (const found of walk(path, key, key)) if (!isTemporary(found.key)) return true
  return false
}

/** Files that a run which was killed left under hidden names. */
export async function abandonedFiles(folder: Folder, prefix: string, olderThanMs: number): Promise<AbandonedUpload[]> {
  const latest = Date.now() - olderThanMs
  const found: AbandonedUpload[] = []
  try {
    for await (const { key, path, stats } of walk(folder.root, '', prefix)) {
      if (!isTemporary(key) || stats.mtimeMs > latest) continue
      found.push({ key, startedAt: stats.birthtime, abort: () => removeFile(folder, path) })
    }
    return found
  } catch (error) {
    throw folderError(error, folder.name, 'list its unfinished files')
  }
}

/** Removes a file and the folders that it leaves empty. One that isn't there any more is fine. */
export async function removeFile(folder: Folder, path: string): Promise<void> {
  try {
    await unlink(path).catch(unless('ENOENT'))
    await removeEmptyFolders(folder.root, dirname(path))
  } catch (error) {
    throw folderError(error, folder.name, `delete ${path.slice(folder.root.length + 1)}`)
  }
}

/** Plain files in plain folders; symbolic links and all else are no objects. What vanishes meanwhile is left out. */
async function* walk(path: string, key: string, prefix: string): AsyncGenerator<Found> {
  for (const entry of await entriesOf(path)) {
    const found = { key: `${key}${entry.name}`, path: join(path, entry.name) }
    if (entry.isDirectory()) {
      const below = `${found.key}/`
      if (below.startsWith(prefix) || prefix.startsWith(below)) yield* walk(found.path, below, prefix)
    } else if (entry.isFile() && matches(found.key, prefix)) {
      const stats = await lstat(found.path).catch(unless('ENOENT'))
      if (stats?.isFile() === true) yield { ...found, stats }
    }
  }
}

/** A hidden file belongs to its folder, whatever object it was to become. */
function matches(key: string, prefix: string): boolean {
  return key.startsWith(prefix) || (isTemporary(key) && prefix.startsWith(key.slice(0, key.lastIndexOf('/') + 1)))
}

async function entriesOf(path: string): Promise<Dirent[]> {
  const entries = (await readdir(path, { withFileTypes: true }).catch(unless('ENOENT', 'ENOTDIR'))) ?? []
  return entries.sort((a, b) => Buffer.compare(orderOf(a), orderOf(b)))
}

function orderOf(entry: Dirent): Buffer {
  return Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name)
}

function isTemporary(key: string): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith(TEMPORARY_PREFIX)
}
