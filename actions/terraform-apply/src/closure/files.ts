import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'

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

/** Terraform loads these by their names, so they count even where Git ignores them. */
export const LOADED_BY_NAME = /\.(tf|tofu)(\.json)?$|\.tfvars(\.json)?$/

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
  const converted = whole.includes('\r\n') ? [gitBlob(withoutCarriageReturns(whole))] : []
  return { sha256: content.digest('hex'), blobs: [blob.digest('hex'), ...converted] }
}

/** Line ends of text are converted, and configuration is text of this size at most. */
const CONVERTED_BYTES = 4 * 1024 * 1024

/** The content with CRLF as LF, which is how Git stores it when it converts line ends. */
export function withoutCarriageReturns(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
}

/** Git's object id (SHA-1) of a file with this content. */
export function gitBlob(content: Buffer): string {
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
