import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from './store.ts'

/** A folder of a key, made where it is missing. A symbolic link on the way is refused: it could lead out of the store. */
export async function makeParent(root: string, key: string): Promise<string> {
  let folder = root
  for (const segment of key.split('/').slice(0, -1)) {
    folder = join(folder, segment)
    await mkdir(folder, { mode: 0o700 }).catch(unless('EEXIST'))
    if (!(await isPlainFolder(folder))) throw new NotAFolder(folder)
  }
  return folder
}

/** The path of an object; `undefined` when there is no plain file under its key that is reached through plain folders. */
export async function findFile(root: string, key: string): Promise<string | undefined> {
  const segments = key.split('/')
  for (let depth = 1; depth < segments.length; depth += 1) {
    if (!(await isPlainFolder(join(root, ...segments.slice(0, depth))))) return undefined
  }
  const path = join(root, key)
  const found = await lstat(path).catch(unless('ENOENT', 'ENOTDIR'))
  return found?.isFile() === true ? path : undefined
}

/** A folder is only where an object is: removes empty ones from `folder` upwards, but never the root. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let current = folder; current !== root; current = dirname(current)) {
    const removed = await rmdir(current).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}

/** Opens a file for reading, but no symbolic link that has been put in its place. */
export function openPlain(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** A file's name survives a power cut once its folder has been written, too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function isPlainFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(unless('ENOENT', 'ENOTDIR')))?.isDirectory() === true
}

/** For `.catch`: nothing instead of an error that has one of these codes. */
export function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (codes.includes(systemCode(error))) return undefined
    throw error
  }
}

/** A name on the way to a key is taken by something that is no folder. */
export class NotAFolder extends Error {
  constructor(path: string) {
    super(`${path} is no folder of its own`)
    this.name = 'NotAFolder'
  }
}

const CODES = {
  full: ['EDQUOT', 'EFBIG', 'ENOSPC'],
  denied: ['EACCES', 'EISDIR', 'ELOOP', 'EMLINK', 'ENAMETOOLONG', 'ENOTDIR', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EROFS'],
}

/** The error as the user is told. `doing` completes "could not". */
export function folderError(error: unknown, store: string, doing: string): StoreError {
  if (error instanceof StoreError) return error
  const code = systemCode(error)
  const could = `${store} could not ${doing}`
  if (CODES.full.includes(code)) {
    return new StoreError('store-full', `${could}: no space is left (${code}).`, {
      remedy: 'Make room there.',
      cause: error,
    })
  }
  if (code === 'ENOENT') return new StoreError('store-missing', `${could}: it isn't there.`, { cause: error })
  const said = error instanceof Error ? (code === '' ? error.message : code) : String(error)
  if (CODES.denied.includes(code) || error instanceof NotAFolder) {
    const remedy = "Check the folder's owner, rights and file system."
    return new StoreError('store-denied', `${could}: it is denied (${said}).`, { remedy, cause: error })
  }
  return new StoreError('store-unreachable', `${could}: ${said}.`, { cause: error })
}

function systemCode(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
