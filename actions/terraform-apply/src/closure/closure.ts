import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { canonicalJson, digest } from '../../../../lib/crypto/fingerprint.ts'
import type { TreeFile } from '../../../../lib/github/trees.ts'
import { followLinks, isInside, isWorkingData, readSource, type SourceFile, toPosix, walk } from './files.ts'
import { installedModules } from './modules.ts'

/**
 * The files that a plan was made from: those of the root's folder, of the local modules that it calls (whatever their
 * depth), of downloaded modules, the lock file and the var-files.
 */
export interface Closure {
  digest: string
  /** SHA-256 by path, or by `module <key>` for a downloaded one. */
  files: Record<string, string>
}

/** A closure with what it takes to compare it with a commit of the repository. */
export interface LocalClosure extends Closure {
  /** Folders whose whole content counts, relative to the repository, without trailing `/`; `''` is the repository. */
  directories: string[]
  /** Files that a checkout brings: everything but downloads, files outside and files that Git ignores. */
  tracked: SourceFile[]
}

export interface ClosureOptions {
  repository: string
  root: string
  dataDirectory: string | undefined
  varFiles: readonly string[]
  /** The lock file as it was before `init` may have added to it; `undefined` when there was none. */
  lockFile: Buffer | undefined
  /** Which of these paths (relative to the repository) does Git ignore? */
  ignored: (paths: readonly string[]) => Promise<ReadonlySet<string>>
}

/** Terraform loads these by their names, so they count even where Git ignores them. */
const LOADED_BY_NAME = /\.(tf|tofu)(\.json)?$|\.tfvars(\.json)?$/

/** Computes the closure of what is on disk, after `terraform init`. */
export async function computeClosure(options: ClosureOptions): Promise<LocalClosure> {
  const { repository, root } = options
  const modules = await installedModules(root, options.dataDirectory)
  for (const directory of modules.local) requireInside(directory, repository)
  const own = (await Promise.all(modules.local.map(walk))).flat()
  const linked = await followLinks(own, repository)
  const walked = [...new Set([...own, ...linked.files])]
  const varFiles = options.varFiles.map((file) => resolve(root, file))
  const ignored = await ignoredPaths(options, walked, varFiles)
  const isIgnored = (file: string): boolean => ignored.has(toPosix(relative(repository, file)))
  const counted = walked.filter((file) => !isIgnored(file) || LOADED_BY_NAME.test(file))
  const outside = varFiles.filter((file) => !counted.includes(file))
  const sources = await readAll([...counted, ...outside.filter((file) => isInside(file, repository))], repository)
  const lock = lockSource(options, toPosix(relative(repository, root)))
  const files = {
    ...Object.fromEntries([...sources, ...lock].map(({ path, sha256 }) => [path, sha256])),
    ...(await externalVarFiles(outside, repository, options)),
    ...(await downloads(modules.downloaded)),
  }
  return {
    digest: digest(canonicalJson(files)),
    files,
    directories: [...modules.local, ...linked.directories].map((directory) => toPosix(relative(repository, directory))),
    tracked: [...sources.filter(({ path }) => !ignored.has(path)), ...lock],
  }
}

/** Var-files are asked about apart: Git refuses a whole question for one path that leads through a link. */
async function ignoredPaths(
  { repository, ignored }: ClosureOptions,
  walked: readonly string[],
  varFiles: readonly string[],
): Promise<ReadonlySet<string>> {
  const ask = (files: readonly string[]) => ignored(files.map((file) => toPosix(relative(repository, file))))
  const elsewhere = varFiles.filter((file) => isInside(file, repository) && !walked.includes(file))
  const [among, apart] = await Promise.all([ask(walked), ask(elsewhere)])
  return new Set([...among, ...apart])
}

/** Paths at which two closures differ, sorted. */
export function closureDifferences(reviewed: Closure, now: Closure): string[] {
  const paths = new Set([...Object.keys(reviewed.files), ...Object.keys(now.files)])
  return [...paths].filter((path) => reviewed.files[path] !== now.files[path]).sort()
}

/**
 * Paths at which the checkout differs from a commit's tree, within the closure's folders and files. An additional file
 * counts too: Terraform would load it, or a `fileset` would find it.
 */
export function treeDifferences(closure: LocalClosure, tree: readonly TreeFile[]): string[] {
  const committed = new Map(tree.map((file) => [file.path, file.sha]))
  const here = new Map(closure.tracked.map((file) => [file.path, file.blobs]))
  const changed = closure.tracked.filter(({ path, blobs }) => !matches(path, blobs, committed.get(path)))
  const gone = tree.filter(({ path }) => !here.has(path) && isCounted(path, closure.directories))
  return [...changed, ...gone].map(({ path }) => path).sort()
}

/** A lock file that was never committed is an earlier step's; the versions that it chose count in the canonical plan. */
function matches(path: string, blobs: readonly string[], committed: string | undefined): boolean {
  if (committed === undefined) return path.split('/').at(-1) === '.terraform.lock.hcl'
  return blobs.includes(committed)
}

/** Would a checkout of the commit have brought this file into the closure? */
function isCounted(path: string, directories: readonly string[]): boolean {
  const folders = directories.map((directory) => (directory === '' ? '' : `${directory}/`))
  return folders.some((folder) => path.startsWith(folder) && !isWorkingData(path.slice(folder.length)))
}

async function readAll(files: readonly string[], repository: string): Promise<SourceFile[]> {
  const sources: SourceFile[] = []
  for (const file of files) sources.push(await readSource(file, repository))
  return sources
}

function lockSource({ lockFile }: ClosureOptions, root: string): SourceFile[] {
  if (!lockFile) return []
  const sha1 = (content: Buffer): string =>
    createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  const converted = Buffer.from(lockFile.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
  const path = root === '' ? '.terraform.lock.hcl' : `${root}/.terraform.lock.hcl`
  return [
    { path, sha256: createHash('sha256').update(lockFile).digest('hex'), blobs: [sha1(lockFile), sha1(converted)] },
  ]
}

/** A var-file from outside the repository (made by an earlier step) counts by its content under the name it was given. */
async function externalVarFiles(
  files: readonly string[],
  repository: string,
  options: ClosureOptions,
): Promise<Record<string, string>> {
  const external: Record<string, string> = {}
  for (const given of options.varFiles) {
    const file = resolve(options.root, given)
    if (!files.includes(file) || isInside(file, repository)) continue
    external[`var-file ${given}`] = (await readSource(file, dirname(file))).sha256
  }
  return external
}

async function downloads(
  modules: readonly { key: string; source: string; version: string; directory: string }[],
): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  for (const { key, source, version, directory } of modules) {
    const files = await readAll(await walk(directory), directory)
    entries[`module ${key}`] = digest(canonicalJson([source, version, files.map(({ path, sha256 }) => [path, sha256])]))
  }
  return entries
}

function requireInside(directory: string, repository: string): void {
  if (isInside(directory, repository)) return
  throw invalidInput(
    `The module folder ${directory} lies outside the repository, so nobody could review it; move it into the repository.`,
  )
}

/** Is there a file at all? A missing var-file is better named before Terraform runs. */
export async function requireVarFiles(root: string, varFiles: readonly string[]): Promise<void> {
  for (const file of varFiles) {
    const stat = await lstat(resolve(root, file)).catch(() => undefined)
    if (!stat)
      throw invalidInput(`The input var-file names ${JSON.stringify(file)}, which isn't there (looked for in ${root}).`)
  }
}
