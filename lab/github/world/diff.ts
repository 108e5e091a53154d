import { gitBytes } from './git.ts'

/** One changed file as GitHub lists it; binary files have no patch and count no lines. */
export interface FileChange {
  filename: string
  previousFilename: string | null
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed'
  sha: string
  additions: number
  deletions: number
  patch: string | null
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const STATUS: Record<string, FileChange['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
}

interface RawChange {
  status: string
  sha: string
  paths: string[]
}

/** `:<mode> <mode> <sha> <sha> <status>` NUL path NUL [path NUL], as `git diff-tree -z --raw` prints it. */
function parseRaw(fields: string[]): RawChange[] {
  const changes: RawChange[] = []
  for (let at = 0; at < fields.length; ) {
    const [, , before = '', after = '', score = ''] = (fields[at] ?? '').split(' ')
    const status = score.charAt(0)
    const pathCount = status === 'R' ? 2 : 1
    changes.push({ status, sha: status === 'D' ? before : after, paths: fields.slice(at + 1, at + 1 + pathCount) })
    at += 1 + pathCount
  }
  return changes
}

function hunksOf(section: string): string | null {
  const start = section.search(/^@@ /m)
  return start === -1 ? null : section.slice(start).replace(/\n$/, '')
}

function countLines(patch: string | null, sign: '+' | '-'): number {
  return (patch ?? '').split('\n').filter((line) => line.startsWith(sign)).length
}

/** The files that differ between two commits or trees; `from` null compares with nothing. Renames are found as git does. */
export function diffTrees(gitDir: string, from: string | null, to: string): FileChange[] {
  const format = ['--raw', '--patch', '-z', '--full-index', '--no-color']
  const output = gitBytes(gitDir, ['diff-tree', '-r', '-M', ...format, from ?? EMPTY_TREE, to]).toString('utf8')
  if (output === '') return []
  const [raw = '', patches = ''] = output.split(/\0\0(.*)/s)
  const sections = patches.split(/^diff --git .*\n/m).slice(1)
  return parseRaw(raw.split('\0')).map(({ status, sha, paths }, index) => {
    const patch = hunksOf(sections[index] ?? '')
    return {
      filename: paths.at(-1) ?? '',
      previousFilename: status === 'R' ? (paths[0] ?? null) : null,
      status: STATUS[status] ?? 'changed',
      sha,
      additions: countLines(patch, '+'),
      deletions: countLines(patch, '-'),
      patch,
    }
  })
}
