import { BackupError } from '../failure.ts'
import type { PlaceCommand } from './place.ts'
import { quote } from './quote.ts'

/**
 * What `sh -c` gets: all that a process list shows. It takes one line of its standard input as the script and leaves the
 * rest to the program. `read` takes byte by byte, which `sh` reading its script from a pipe doesn't everywhere: dash before
 * 0.5.13 and busybox take a block and keep what follows. Without quotes of its own kind, backslashes and exclamation marks,
 * so that any login shell hands it on.
 */
export const BOOTSTRAP = 'IFS= read -r s; eval "$(printf %b "$s")"'

/** How a program ended, as the script tells it in the last line of standard error. */
export type Outcome =
  | { kind: 'ended'; code: number; bytes: number }
  | { kind: 'missing-program' }
  | { kind: 'missing-folder' }
  /** The script was cut off. */
  | { kind: 'untold' }

/**
 * The line that {@link BOOTSTRAP} reads. Standard output goes through `tee` to the transport and to `wc`: transports lose the end of
 * a stream (kubernetes/kubernetes#60140), and only the side of the source knows its length. `tee` opens the pipe to `wc` and
 * not the transport's end, which may be a socket that can't be opened by name.
 *
 * A program without input gets none; what is left of the script's input is its lifeline: when that ends, the program is ended.
 */
export function scriptLine(command: PlaceCommand, mark: string): string {
  const program = command.stdin === undefined ? onLifeline(programOf(command)) : `(${programOf(command)})`
  const counted = `{ { { ${program}; echo "$?" >&5; } 7>&2 | tee /dev/fd/4 >&3; } 4>&1 | wc -c; } 5>&1`
  return `${asOneLine(`exec 3>&1 6<&0; r=$(${counted}); printf '\\n%s %s %s %s\\n' ${mark} $r >&2`)}\n`
}

/** Descriptors: 3 transport's output, 4 to `wc`, 5 the outcome, 6 transport's input, 7 standard error. */
function programOf({ argv, env = {}, cwd }: PlaceCommand): string {
  const [program] = argv
  return [
    ...(cwd === undefined ? [] : [`cd -- ${quote(cwd)} >/dev/null 2>&1 || { echo folder >&5; exit 126; }`]),
    ...Object.entries(env).map(([name, value]) => `export ${variable(name)}=${quote(value)}`),
    `command -v ${quote(program)} >/dev/null 2>&1 || { echo program >&5; exit 127; }`,
    `exec ${argv.map(quote).join(' ')} 2>&7 3>&- 4>&- 5>&- 6<&- 7>&-`,
  ].join('; ')
}

function onLifeline(program: string): string {
  const watch = '{ read -r s <&6; kill "$p"; } >/dev/null 3>&- 4>&- 5>&- 7>&-'
  const shell = `(${program}) & p=$!; ${watch} & w=$!; wait "$p"; c=$?; kill "$w"; (exit "$c")`
  // Some shells tell of a job that was killed; that isn't the program's.
  return `{ ${shell}; } 2>/dev/null`
}

function variable(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw new BackupError('invalid-input', `${JSON.stringify(name)} can't be the name of an environment variable.`)
}

/** Printable ASCII without line ends; `printf %b` makes the bytes of it again. */
function asOneLine(script: string): string {
  const bytes = Buffer.from(script).toString('latin1')
  return bytes.replace(/[^ -~]|\\/g, (byte) => `\\0${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** The outcome, and standard error without the line that tells it. */
export function readOutcome(stderr: string, mark: string): { outcome: Outcome; stderr: string } {
  const told = new RegExp(`\\n?^${mark}((?: \\w+)*) *\\n?`, 'm').exec(stderr)
  if (told === null) return { outcome: { kind: 'untold' }, stderr }
  const rest = stderr.slice(0, told.index) + stderr.slice(told.index + told[0].length)
  return { outcome: outcomeOf((told[1] ?? '').trim().split(' ')), stderr: rest }
}

function outcomeOf(words: readonly string[]): Outcome {
  if (words[0] === 'program') return { kind: 'missing-program' }
  if (words[0] === 'folder') return { kind: 'missing-folder' }
  const [code, bytes] = words.map(Number)
  if (words.length !== 2 || !Number.isSafeInteger(code) || !Number.isSafeInteger(bytes)) return { kind: 'untold' }
  return { kind: 'ended', code: code ?? 0, bytes: bytes ?? 0 }
}
