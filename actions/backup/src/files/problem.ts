import type { RawPath } from './entry.ts'
import { showPath } from './path.ts'

/** Why a path isn't, or may not be, in the backup as it was at that moment: a warning. */
export interface Problem {
  path: RawPath
  kind: 'changed' | 'vanished' | 'unreadable' | 'emptied'
  /** What the program said, or more about it. */
  detail: string
}

const WORDS: Readonly<Record<Problem['kind'], string>> = {
  changed: 'changed while it was read',
  vanished: 'vanished before it could be read',
  unreadable: 'could not be read',
  emptied: 'is empty, and was not in the backup before',
}

/** One line for people. */
export function describeProblem({ path, kind, detail }: Problem): string {
  return `${showPath(path)} ${WORDS[kind]}${detail === '' ? '' : ` (${detail})`}`
}
