import { createHash } from 'node:crypto'
import { createReadStream, type Dirent } from 'node:fs'
import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'

/** A file that Terraform may read. */
export interface SourceFile {
  /** Relative to the repository's top, divided by `/`. */
  path: string
  /** SHA-256 of the content; for a symbolic link, of its target's path and content. */
  sha256: string
  /**
   * Git's object ids (SHA-1) that a checkout of this file may have come from: of the bytes as they are, and with CRLF as
   * LF, which is how Git stores them when it converts line ends.
   */
  blobs: readonly string[]
}

/** More files than this under one root are a sign that its folder is no root of Terraform. */
const MAX_FILES = 50_000

/** Terraform's own working data: no part of what a reviewer saw, and changed by every run. */
const WORKING_FOLDER = /^(\.git|\.terraform|terraform\.tfstate\.d)$/
const WORKING_FILE = /^(\.git|\.terraform\.lock\.hcl|crash\.log|crash\..*\.log|.*\.tfstate|.*\.tfstate\..*)$/

/** Is the last part of this path (divided by `/`) the name of Terraform's, Git's or a crash's own, or beneath such a folder? */
export function isWorkingData(path: string): boolean {
  return path.split('/').some((name) => WORKING_FOLDER.test(name)) || WORKING_FILE.test(path.split('/').at(-1) ?? '')
}

/** Every file beneath `directory`, apart from working data, sorted by path. Absolute paths. */
export async function walk(directory: string): Promise<string[]> {
  const found: string[] = []
  const pending = [directory]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const kind = kindOf(entry)
      if (kind === 'folder') pending.push(path)
      else if (kind === 'file') found.push(path)
    }
    if (found.length > MAX_FILES) {
      throw invalidInput(
        `The input working-directory leads to more than ${MAX_FILES} files (${directory}); a root of Terraform in a folder of its own is needed.`,
      )
    }
  }
  return found.sort()
}

function kindOf(entry: Dirent): 'folder' | 'file' | 'left out' {
  if (entry.isDirectory()) return WORKING_FOLDER.test(entry.name) ? 'left out' : 'folder'
  return (entry.isFile() || entry.isSymbolicLink()) && !isWorkingData(entry.name) ? 'file' : 'left out'
}

/** Digests of one file; `repository` is the absolute top of the repository. */
export async function readSource(file: string, repository: string): Promise<SourceFile> {
  const path = toPosix(relative(repository, file))
  const stat = await lstat(file)
  if (stat.isSymbolicLink()) return readLink(file, path)
  const { sha256, blobs } = await digestFile(file, stat.size)
  return { path, sha256, blobs }
}

/** As Git has it: the target's path. What it leads to counts on its own, see `followLinks`. */
async function readLink(file: string, path: string): Promise<SourceFile> {
  const target = await readlink(file)
  return { path, sha256: sha256(`link ${target}`), blobs: [gitBlob(Buffer.from(target))] }
}

/** What symbolic links lead to: absolute files, and the folders that count as a whole. */
export interface Linked {
  files: string[]
  directories: string[]
}

/**
 * Follows the links among `files`, and those within linked folders, each once, because links may lead in a circle. A
 * dangling one leads to nothing; one that leaves the repository throws, because nobody reviews what is there.
 */
export async function followLinks(files: readonly string[], repository: string): Promise<Linked> {
  const top = await realpath(repository)
  const linked: Linked = { files: [], directories: [] }
  const seen = new Set<string>()
  const pending = [...files]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const real = (await lstat(file)).isSymbolicLink() ? await realpath(file).catch(() => undefined) : undefined
    if (real === undefined || seen.has(real)) continue
    seen.add(real)
    if (!isInside(real, top)) throw leadsOut(toPosix(relative(repository, file)), await readlink(file))
    const place = join(repository, relative(top, real))
    if ((await lstat(real)).isFile()) linked.files.push(place)
    else {
      const inner = await walk(place)
      linked.directories.push(place)
      linked.files.push(...inner)
      pending.push(...inner)
    }
  }
  return linked
}

function leadsOut(path: string, target: string): Error {
  return invalidInput(
    `The link ${path} leads out of the repository (to ${target}); copy what it names into the repository.`,
  )
}

async function digestFile(file: string, size: number): Promise<{ sha256: string; blobs: string[] }> {
  const content = createHash('sha256')
  const blob = createHash('sha1').update(`blob ${size}\0`)
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    content.update(chunk)
    blob.update(chunk)
    if (size <= CONVERTED_BYTES) chunks.push(chunk)
  }
  const whole = Buffer.concat(chunks)
  const converted = whole.includes('\r\n')
    ? [gitBlob(Buffer.from(whole.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'))]
    : []
  return { sha256: content.digest('hex'), blobs: [blob.digest('hex'), ...converted] }
}

/** Line ends of text are converted, and configuration is text of this size at most. */
const CONVERTED_BYTES = 4 * 1024 * 1024

function gitBlob(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function isInside(path: string, directory: string): boolean {
  const away = relative(directory, resolve(path))
  return away === '' || (!away.startsWith(`..${sep}`) && away !== '..' && !isAbsolute(away))
}

export function toPosix(path: string): string {
  return path.split(sep).join('/')
}
