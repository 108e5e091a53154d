// Places without GNU's find and tar: busybox in a container, the BSDs and macOS as they come.
import type { Transform } from 'node:stream'
import { BackupError } from '../failure.ts'
import type { Place, PlaceCommand } from '../places/place.ts'
import type { FilesSource } from '../sources/source.ts'
import { linkedPath, missingPath } from './list.ts'
import { createMatcher } from './matcher.ts'
import { showPath } from './path.ts'
import type { Problem } from './problem.ts'
import { selectMembers } from './selecting.ts'

/** Any tar's command for a whole source. */
export function basicCommand(tar: string, { paths }: FilesSource): PlaceCommand {
  const members = paths.map((path) => path.replace(/^\/+/, './'))
  // Without it, tar of macOS adds a file of its own for what it can't express.
  return { argv: [tar, '-c', '-f', '-', '-C', '/', ...members], env: { LC_ALL: 'C', COPYFILE_DISABLE: '1' } }
}

/**
 * Takes what is excluded out of such a tar's output: not every tar can. Another name of an excluded file goes, too, when the excluded
 * one came first and had the content.
 */
export function withoutExcluded({ exclude }: FilesSource): { select: Transform; problems: Problem[] } {
  const isExcluded = createMatcher(exclude)
  const problems: Problem[] = []
  const select = selectMembers(({ path, type, link }) => {
    if (isExcluded(path)) return false
    if (type !== 'h' || !isExcluded(link)) return true
    problems.push({ path, kind: 'unreadable', detail: `its content is that of ${showPath(link)}, which is excluded` })
    return false
  })
  return { select, problems }
}

/** @throws BackupError as `listTree` does */
export async function requirePathsOf(place: Place, { id, paths }: Pick<FilesSource, 'id' | 'paths'>): Promise<void> {
  for (const path of paths) {
    if (await holds(place, '-L', path)) throw linkedPath(place, id, path)
    if (!(await holds(place, '-e', path))) throw missingPath(place, id, path)
  }
}

async function holds(place: Place, question: string, path: string): Promise<boolean> {
  const { code } = await place.run({ argv: ['test', question, path] })
  if (code === 0 || code === 1) return code === 0
  throw new BackupError('source-failed', `${place.name} could not look for ${path}: test ended with code ${code}.`)
}
