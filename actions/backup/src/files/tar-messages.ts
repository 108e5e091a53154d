import { unescapeName } from './path.ts'
import type { Problem } from './problem.ts'

/** What a line of tar's standard error means; `noise` is nothing to tell of. */
export type TarMessage = Problem | 'noise' | 'unknown'

const NOISE =
  /: (?:socket|door) ignored$|^\S+: (?:Exiting with failure status|[Ee]rror exit delayed)|^\S+: Removing leading|Operation not supported$|support is not available$|^\S+: Record size = /

/** Ends of lines, and what they say of the name before them; `$1` is told with it. */
const MESSAGES: readonly [RegExp, Problem['kind']][] = [
  [/: (file changed as we read it)$/, 'changed'],
  [/: (File shrank by \d+ bytes; padding with zeros)$/, 'changed'],
  [/: (File removed before we read it)$/, 'vanished'],
  [/: (?:Warning: )?(?:Cannot|Couldn't) \w+: (No such file or directory)$/, 'vanished'],
  [/: (?:Warning: )?Cannot \w+: ([^:]+)$/, 'unreadable'],
  [/: (?:Warning: )?(Read error at byte \d+, while reading \d+ bytes: [^:]+)$/, 'unreadable'],
  [/: (Unknown file type; file ignored)$/, 'unreadable'],
]

const GONE = 'No such file or directory'
const BUSYBOX = /^tar: can't \w+ '(.*)': (.*)$/

function relative(path: string): string {
  return path.replace(/^\.?\/+/, '')
}

/** Reads a line of GNU tar in the C locale with `--quoting-style=escape`, where a name never spans lines. */
export function readTarMessage(line: string): TarMessage {
  if (NOISE.test(line)) return 'noise'
  const [, quoted, reason] = BUSYBOX.exec(line) ?? []
  if (quoted !== undefined && reason !== undefined) {
    return { path: relative(quoted), kind: reason === GONE ? 'vanished' : 'unreadable', detail: reason }
  }
  for (const [pattern, kind] of MESSAGES) {
    const match = pattern.exec(line)
    const [, name] = match === null ? [] : (/^\S+?: (.*)$/.exec(line.slice(0, match.index)) ?? [])
    if (match !== null && name !== undefined) {
      return { path: relative(unescapeName(name)), kind, detail: match[1] ?? '' }
    }
  }
  return 'unknown'
}
