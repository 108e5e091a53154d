import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { isInside, toPosix } from './files.ts'

/** What decides which files of a folder count. Paths are real ones: no part of them is a symbolic link. */
export interface FolderRules {
  /** Absolute top of the repository. */
  repository: string
  /** Absolute folder of Terraform's data (TF_DATA_DIR), wherever it lies. */
  data: string
  /** Which files beneath these folders, or among these files, does Git track? Relative to the repository. */
  tracked: (paths: readonly string[]) => Promise<ReadonlySet<string>>
  maxFiles: number
}

/** More files than this in one folder are a sign that it is no root of Terraform. */
export const MAX_FILES = 50_000

/** Names of Terraform's own working data, which every run changes. */
const WORKING_FOLDER = /^(\.git|\.terraform|terraform\.tfstate\.d)$/
const WORKING_FILE = /^(\.git|\.terraform\.lock\.hcl|crash\.log|crash\..*\.log|.*\.tfstate|.*\.tfstate\..*)$/

/** Is the last part of this path (divided by `/`) the name of Terraform's, Git's or a crash's own, or beneath such a folder? */
export function isWorkingData(path: string): boolean {
  return path.split('/').some((name) => WORKING_FOLDER.test(name)) || WORKING_FILE.test(path.split('/').at(-1) ?? '')
}

/** The lock file counts as it was before `terraform init`, so it is never taken from the disk. */
export function isLockFile(path: string): boolean {
  return path.split('/').at(-1) === '.terraform.lock.hcl'
}

/**
 * Every file beneath `directory` that counts, sorted. A name like those of working data (`deploy.tfstate.sh`) hides a file
 * only where Git doesn't track it: a provisioner may run what was committed. Absolute paths.
 *
 * @throws UserError (invalid-input) when there are too many
 */
export async function listFolder(directory: string, rules: FolderRules): Promise<string[]> {
  const present = await walk(directory, (entry) => isLeftOut(entry, rules.data), rules.maxFiles)
  if (!present) throw tooMany('The input working-directory leads to', directory, rules.maxFiles)
  return withTracked(present, [directory], rules)
}

/**
 * As `listFolder`, of a folder that the configuration only names, which may be the whole repository: of one with too many
 * files, those that Git tracks.
 */
export async function listNamedFolder(directory: string, rules: FolderRules): Promise<string[]> {
  const present = isOwn(directory, rules)
    ? []
    : await walk(directory, (entry) => isLeftOut(entry, rules.data), rules.maxFiles)
  const files = await withTracked(present ?? [], [directory], rules)
  if (!present && files.length === 0) throw tooMany('The configuration names a folder with', directory, rules.maxFiles)
  return files
}

/** Those of the named files that count: working data doesn't, unless Git tracks it. */
export async function listNamedFiles(files: readonly string[], rules: FolderRules): Promise<string[]> {
  const own = files.filter((file) => isOwn(file, rules))
  const plain = files.filter((file) => !isOwn(file, rules))
  return own.length === 0 ? plain : withTracked(plain, own, rules)
}

/** Every file of a downloaded module, apart from its history: nothing in it is working data of this root. */
export async function listDownload(directory: string): Promise<string[]> {
  const present = await walk(directory, ({ name }) => name === '.git', MAX_FILES)
  if (!present) throw tooMany('A downloaded module has', directory, MAX_FILES)
  return present
}

async function withTracked(
  present: readonly string[],
  asked: readonly string[],
  rules: FolderRules,
): Promise<string[]> {
  const files = new Set(present)
  const tracked = await rules.tracked(asked.map((path) => toPosix(relative(rules.repository, path))))
  for (const path of tracked) {
    const file = join(rules.repository, path)
    if (files.has(file) || isLockFile(path)) continue
    const stat = await lstat(file).catch(() => undefined)
    if (stat?.isFile() || stat?.isSymbolicLink()) files.add(file)
  }
  return [...files].sort()
}

function isOwn(path: string, { repository, data }: FolderRules): boolean {
  return isWorkingData(toPosix(relative(repository, path))) || isInside(path, data)
}

/** A folder's name hides what is in it only if it is exactly one of Terraform's or Git's. */
function isLeftOut(entry: Dirent, data: string): boolean {
  if (join(entry.parentPath, entry.name) === data) return true
  return entry.isDirectory() ? WORKING_FOLDER.test(entry.name) : isWorkingData(entry.name)
}

/** The files beneath `directory`, sorted; `undefined` when there are too many. */
async function walk(
  directory: string,
  leftOut: (entry: Dirent) => boolean,
  limit: number,
): Promise<string[] | undefined> {
  const found: string[] = []
  const pending = [directory]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.filter((one) => !leftOut(one))) {
      if (entry.isDirectory()) pending.push(join(folder, entry.name))
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(join(folder, entry.name))
    }
    if (found.length > limit) return undefined
  }
  return found.sort()
}

function tooMany(what: string, directory: string, limit: number): Error {
  return invalidInput(
    `${what} more than ${limit} files (${directory}); a root of Terraform in a folder of its own is needed.`,
  )
}
