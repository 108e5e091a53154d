import { PassThrough, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BackupError } from '../failure.ts'
import type { ObjectSink, Place, PlaceCommand } from '../places/place.ts'
import type { Entry } from './entry.ts'
import { createHashingScanner } from './hashing.ts'
import { bytesOf, showPath } from './path.ts'
import type { Problem } from './problem.ts'
import { type Member, TarError } from './tar-header.ts'
import { readTarMessage } from './tar-messages.ts'
import type { TarScanner } from './tar-stream.ts'

/** What came of one archive. */
export interface Archived {
  /** In the order of the archive, with SHA-256. */
  members: (Member & { hash: string })[]
  problems: Problem[]
  /** Of the archive. */
  bytes: number
}

/** 64 KiB, what a pipe holds. */
const BLOCKING_FACTOR = 128

/**
 * Command of GNU tar for exactly these entries. The times that reading changes stay out, so that equal trees make equal archives;
 * names come on standard input, where no list of processes shows them and no limit ends them.
 */
export function tarCommand(tar: string, entries: readonly Entry[]): PlaceCommand {
  return {
    argv: [
      tar,
      '--create',
      '--file=-',
      '--format=posix',
      '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
      '--sparse',
      '--xattrs',
      '--acls',
      '--numeric-owner',
      '--no-recursion',
      '--quoting-style=escape',
      `--blocking-factor=${BLOCKING_FACTOR}`,
      '--directory=/',
      '--no-unquote',
      '--null',
      '--files-from=-',
    ],
    env: { LC_ALL: 'C' },
    stdin: bytesOf(entries.map(({ path }) => `${path}\0`).join('')),
  }
}

/**
 * Runs tar at a place into an object. The object is completed only when tar ended well and the end of its archive was seen; else it
 * is given up.
 *
 * Tar's code 2 counts as a failure unless each line that it said is about a path that it couldn't read or find: one file without
 * read permission is no reason to have no backup.
 *
 * @param select what of tar's output goes into the object; default: all
 * @throws BackupError `source-failed`, and whatever the object's own failure is
 */
export async function archive(
  place: Place,
  id: string,
  command: PlaceCommand,
  openSink: (this: void) => ObjectSink,
  select: Transform = new PassThrough(),
): Promise<Archived> {
  const members: Archived['members'] = []
  const problems: Problem[] = []
  const unknown: string[] = []
  const scanner = createHashingScanner((member, hash) => members.push({ ...member, hash }))
  const sink = openSink()
  // It may fail while nobody waits for it yet.
  sink.done.catch(() => undefined)
  const running = place.start({
    ...command,
    onStderrLine: (line) => {
      const message = readTarMessage(line)
      if (message === 'unknown') unknown.push(line)
      else if (message !== 'noise') problems.push(message)
    },
  })
  try {
    let bytes = 0
    const watch = watching(scanner, (length) => {
      bytes += length
    })
    await pipeline(running.stdout, select, watch, sink.stream, { end: false })
    const { code, signal } = await running.ended
    if (!isFine(code, problems.length, unknown.length))
      throw tarFailed(place, id, unknown[0] ?? describeEnd(code, signal))
    scanner.finish()
    sink.stream.end()
    await sink.done
    return { members, problems, bytes }
  } catch (error) {
    running.kill()
    await Promise.allSettled([running.ended])
    // What tar said tells more than what its stream lacks.
    const cause = error instanceof TarError ? tarFailed(place, id, unknown[0] ?? error.message) : (error as Error)
    sink.stream.destroy(cause)
    await Promise.allSettled([sink.done])
    throw cause
  }
}

/** GNU tar: 1 for files that changed, 2 for what could not be done. Others have 1 for everything. */
function isFine(code: number | null, understood: number, unknown: number): boolean {
  if (code === 0) return true
  return understood > 0 && (code === 1 || (code === 2 && unknown === 0))
}

function tarFailed(place: Place, id: string, why: string): BackupError {
  return new BackupError('source-failed', `The files of ${id} on ${place.name} could not be archived: ${why}`)
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `tar ended with code ${code}` : `tar was ended by ${signal}`
}

function watching(scanner: TarScanner, count: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        scanner.push(chunk)
        count(chunk.length)
        done(null, chunk)
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

/** An archive holds what was asked for, or something is wrong with the tar that made it. */
export function refuseStranger(place: Place, id: string, path: string): never {
  throw tarFailed(place, id, `its tar sent ${showPath(path)}, which was not asked for`)
}
