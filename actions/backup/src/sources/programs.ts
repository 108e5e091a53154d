import { BackupError } from '../failure.ts'
import type { Finished, Place } from '../places/place.ts'

/** A program at a place. */
export interface Program {
  /** Absolute. */
  path: string
  /** Dotted numbers, as it tells them. */
  version: string
}

/**
 * All programs with one of these names: on the place's PATH, and up to three folders below `roots`, where systems put the
 * versions of a client beside each other. Absolute paths, since a wrapper on PATH (Debian's pg_wrapper) may choose another version
 * for each server.
 *
 * @param version finds the version in what `--version` prints, and gives `undefined` for a program that won't do
 */
export async function findPrograms(
  place: Place,
  names: readonly string[],
  roots: readonly string[],
  version: (text: string) => string | undefined,
): Promise<Program[]> {
  const path = await place.run({ argv: ['printenv', 'PATH'] })
  const folders = path.stdout
    .toString()
    .trim()
    .split(':')
    .filter((folder) => folder.startsWith('/'))
  const named = names.flatMap((name, index) => [...(index === 0 ? [] : ['-o']), '-name', name])
  const found = await Promise.all([find(place, folders, 1, named), find(place, roots, 3, named)])
  const programs = await Promise.all([...new Set(found.flat())].map((file) => programAt(place, file, version)))
  return programs.filter((program) => program !== undefined)
}

/** Links are followed: Homebrew's folders of versions are some. Folders that aren't there only make it complain. */
async function find(place: Place, folders: readonly string[], depth: number, named: string[]): Promise<string[]> {
  if (folders.length === 0) return []
  const limits = ['-maxdepth', String(depth), '(', ...named, ')']
  const { stdout } = await place.run({ argv: ['find', '-L', ...new Set(folders), ...limits] })
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('/'))
}

/** Some (mariadb-backup) tell it on standard error. What can't be run is none. */
async function programAt(
  place: Place,
  path: string,
  version: (text: string) => string | undefined,
): Promise<Program | undefined> {
  const finished = await place.run({ argv: [path, '--version'] }).catch(() => undefined)
  const found = finished?.code === 0 ? version(`${finished.stdout}${finished.stderr}`) : undefined
  return found === undefined ? undefined : { path, version: found }
}

/** Negative, zero or positive, as dotted numbers compare. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const longest = Math.max(left.length, right.length)
  for (let i = 0; i < longest; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const LONGEST_WORDS = 300

/**
 * What a program says of its failure: the first line of its errors that tells of one, with the detail that pg_dump has on the next;
 * else how it ended. Secrets are blotted out.
 */
export function ownWords({ stderr, code, signal }: Finished, secrets: readonly string[]): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const index = Math.max(
    0,
    lines.findIndex((line) => /\b(?:error|fatal|panic)\b/i.test(line)),
  )
  const [line, next = ''] = lines.slice(index)
  if (line === undefined) return `it ended with ${signal === null ? `code ${code}` : signal} and said nothing`
  const detail = /\bdetail: (.*)/.exec(next)?.[1]
  return withoutSecrets(detail === undefined ? line : `${line} (${detail})`, secrets).slice(0, LONGEST_WORDS)
}

function withoutSecrets(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '***')), line)
}

/** A sentence's subject: `The source 2-postgres (local)`. */
export function sourceName(id: string, place: Place): string {
  return `The source ${id} (${place.name})`
}

export function sourceFailed(what: string, words: string, remedy?: string): BackupError {
  return new BackupError('source-failed', `${what} failed: ${words}`, remedy === undefined ? {} : { remedy })
}
