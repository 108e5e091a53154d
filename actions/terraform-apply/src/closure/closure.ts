import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { canonicalJson, digest } from '../../../../lib/crypto/fingerprint.ts'
import {
  gitBlob,
  isInside,
  LOADED_BY_NAME,
  readSource,
  type SourceFile,
  toPosix,
  withoutCarriageReturns,
} from './files.ts'
import { type FolderRules, listDownload, listFolder, listNamedFiles, listNamedFolder, MAX_FILES } from './folders.ts'
import { followLinks } from './links.ts'
import { installedModules, realOrGiven } from './modules.ts'
import { namedPlaces } from './references.ts'

/**
 * The files that a plan was made from: those of the root's folder, of the local modules that it calls (whatever their
 * depth), of downloaded modules, the lock file, the var-files, and what else of the repository the configuration names.
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
  /** Which files beneath these folders, or among these files (relative to the repository), does Git track? */
  tracked: (paths: readonly string[]) => Promise<ReadonlySet<string>>
}

/**
 * Computes the closure of what is on disk, after `terraform init`. Paths are those that Git has: the repository and the
 * root may be given by way of symbolic links.
 */
export async function computeClosure(given: ClosureOptions): Promise<LocalClosure> {
  const [repository, root] = await Promise.all([realOrGiven(given.repository), realOrGiven(given.root)])
  const options = { ...given, repository, root }
  const data = await realOrGiven(resolve(root, given.dataDirectory || '.terraform'))
  const modules = await installedModules(root, data)
  for (const directory of modules.local) requireInside(directory, repository)
  const covered = await coveredFiles(options, modules.local, data)
  const varFiles = options.varFiles.map((file) => resolve(root, file))
  const ignored = await ignoredPaths(options, covered.files, varFiles)
  const isIgnored = (file: string): boolean => ignored.has(toPosix(relative(repository, file)))
  const counted = covered.files.filter((file) => !isIgnored(file) || LOADED_BY_NAME.test(file))
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
    directories: outermost(covered.directories).map((directory) => toPosix(relative(repository, directory))),
    tracked: [...sources.filter(({ path }) => !ignored.has(path)), ...lock],
  }
}

interface Covered {
  files: string[]
  directories: string[]
}

/** The files of the modules' folders, and all that these lead to in the repository, by links or by upward paths. */
async function coveredFiles(options: ClosureOptions, modules: readonly string[], data: string): Promise<Covered> {
  const { repository, root } = options
  const rules: FolderRules = { repository, data, tracked: options.tracked, maxFiles: MAX_FILES }
  const own = (await Promise.all(modules.map((directory) => listFolder(directory, rules)))).flat()
  const linked = await followLinks(own, repository, (directory) => listFolder(directory, rules))
  for (const { link, target } of linked.leadingOut) throw leadsOut(toPosix(relative(repository, link)), target)
  const configuration = [...own.filter((file) => LOADED_BY_NAME.test(file)), ...varFilesInside(options)]
  const named = await namedFiles(await namedPlaces(configuration, root, repository), modules, rules)
  return {
    files: [...new Set([...own, ...linked.files, ...named.files])],
    directories: [...modules, ...linked.directories, ...named.directories],
  }
}

/** Links that leave the repository are no error here: of what a named folder holds, Terraform may never read them. */
async function namedFiles(
  places: { files: readonly string[]; directories: readonly string[] },
  modules: readonly string[],
  rules: FolderRules,
): Promise<Covered> {
  const list = (directory: string) => listNamedFolder(directory, rules)
  const directories = places.directories.filter((place) => !modules.some((module) => isInside(place, module)))
  const files = [...(await listNamedFiles(places.files, rules)), ...(await Promise.all(directories.map(list))).flat()]
  const linked = await followLinks(files, rules.repository, list)
  return { files: [...files, ...linked.files], directories: [...directories, ...linked.directories] }
}

function varFilesInside({ varFiles, root, repository }: ClosureOptions): string[] {
  return varFiles.map((file) => resolve(root, file)).filter((file) => isInside(file, repository))
}

/** Folders that lie in none of the others, each once. */
function outermost(directories: readonly string[]): string[] {
  const unique = [...new Set(directories)]
  return unique.filter((directory) => !unique.some((other) => other !== directory && isInside(directory, other)))
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

async function readAll(files: readonly string[], repository: string): Promise<SourceFile[]> {
  const sources: SourceFile[] = []
  for (const file of files) sources.push(await readSource(file, repository))
  return sources
}

function lockSource({ lockFile }: ClosureOptions, root: string): SourceFile[] {
  if (!lockFile) return []
  const blobs = [gitBlob(lockFile), gitBlob(withoutCarriageReturns(lockFile))]
  const path = root === '' ? '.terraform.lock.hcl' : `${root}/.terraform.lock.hcl`
  return [{ path, sha256: createHash('sha256').update(lockFile).digest('hex'), blobs }]
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
    const files = await readAll(await listDownload(directory), directory)
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

function leadsOut(path: string, target: string): Error {
  return invalidInput(
    `The link ${path} leads out of the repository (to ${target}); copy what it names into the repository.`,
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
