import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { folderError, makeParent, removeEmptyFolders, syncFolder, unless } from './folder-paths.ts'
import { TEMPORARY_PREFIX } from './keys.ts'
import { type ObjectWriter, StoreError } from './store.ts'
import type { Throttle } from './throttle.ts'

/** A folder as lib/s3/folder*.ts use it. */
export interface Folder {
  /** For people: `file:///path`. */
  name: string
  /** Without symbolic links. */
  root: string
  throttle: Throttle
}

interface Temporary {
  handle: FileHandle
  path: string
  target: string
}

/** An object that is written beside its place under a hidden name, and takes its place when it is whole and on the disk. */
export function writeFile(folder: Folder, key: string): ObjectWriter {
  const whole = createHash('sha256')
  let temporary: Promise<Temporary> | undefined
  let bytes = 0
  let settled = false

  function begun(): Promise<Temporary> {
    temporary ??= createTemporary(folder, key)
    return temporary
  }

  return {
    capacity: Number.POSITIVE_INFINITY,
    write: (chunk) =>
      attempt(folder, `write ${key}`, async () => {
        const { handle } = await begun()
        await folder.throttle(chunk.length)
        await writeAll(handle, chunk)
        whole.update(chunk)
        bytes += chunk.length
      }),
    finish: () =>
      attempt(folder, `complete ${key}`, async () => {
        const { handle, path, target } = await begun()
        await handle.sync()
        await handle.close()
        await rename(path, target)
        settled = true
        await syncFolder(dirname(target))
        await proveSize(folder, key, target, bytes)
        return { key, bytes, sha256: whole.digest('hex') }
      }),
    async abort() {
      if (settled || temporary === undefined) return
      settled = true
      await temporary.then((begun) => discard(folder, begun)).catch(() => {})
    },
  }
}

/** Stores a small object; with `ifAbsent`, by a link, which fails where there is something already. */
export async function putFile(
  folder: Folder,
  key: string,
  body: Uint8Array,
  ifAbsent: boolean,
): Promise<'written' | 'exists'> {
  return attempt(folder, `write ${key}`, async () => {
    const temporary = await createTemporary(folder, key)
    const { handle, path, target } = temporary
    try {
      await folder.throttle(body.length)
      await writeAll(handle, body)
      await handle.sync()
      if (!ifAbsent) await rename(path, target)
      else if (!(await linkUnlessThere(path, target))) return 'exists'
      await syncFolder(dirname(target))
      return 'written'
    } finally {
      await discard(folder, temporary)
    }
  })
}

/** Another run may remove the folder between its making and its first file, when it was empty. */
async function createTemporary(folder: Folder, key: string): Promise<Temporary> {
  const name = `${TEMPORARY_PREFIX}${randomBytes(8).toString('hex')}`
  for (let attempts = 1; ; attempts += 1) {
    const parent = await makeParent(folder.root, key)
    const path = join(parent, name)
    const handle = await open(path, 'wx', 0o600).catch((error) => {
      if (attempts < 5) return unless('ENOENT')(error)
      throw error
    })
    if (handle !== undefined) return { handle, path, target: join(folder.root, key) }
  }
}

async function linkUnlessThere(path: string, target: string): Promise<boolean> {
  const linked = await link(path, target).then(() => true, unless('EEXIST'))
  return linked === true
}

/** Removes what is left under the hidden name, and folders that were made for it alone. */
async function discard(folder: Folder, { handle, path }: Temporary): Promise<void> {
  await handle.close().catch(unless('EBADF'))
  await unlink(path).catch(unless('ENOENT'))
  await removeEmptyFolders(folder.root, dirname(path))
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at)
    at += bytesWritten
  }
}

async function proveSize({ name }: Folder, key: string, path: string, bytes: number): Promise<void> {
  const { size } = await stat(path)
  if (size === bytes) return
  throw new StoreError('store-missing', `${name} could not complete ${key}: it has ${size} bytes instead of ${bytes}.`)
}

async function attempt<T>(folder: Folder, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw folderError(error, folder.name, doing)
  }
}
