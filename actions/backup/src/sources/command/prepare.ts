import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed, sourceName } from '../programs.ts'
import type { CommandSource } from '../source.ts'
import { type Ending, programOutput, type StreamPlan, startedStream } from '../stream.ts'

/** The standard output of a user's own command. It is started when its stream is; until then nothing is known of it. */
export function prepareCommand(source: CommandSource, place: Place): StreamPlan {
  const [program, ...rest] = source.run as [string, ...string[]]
  const start = () => place.start({ argv: [program, ...rest] })
  const check = (ending: Ending): void => refuse(source, sourceName(source.id, place), ending)
  return {
    streams: [
      {
        name: source.name,
        role: 'command',
        extension: 'bin',
        estimate: source.minBytes,
        start: () => startedStream(programOutput(start, check)),
      },
    ],
    facts: {},
    warnings: [],
  }
}

function refuse({ name, minBytes }: CommandSource, what: string, ending: Ending): void {
  const label = `the command ${JSON.stringify(name)}`
  // Only its last words: what it wrote before may be anything.
  if (ending.code !== 0) throw sourceFailed(what, `${label} ended with ${endOf(ending)}: ${ownWords(ending, [])}`)
  if (ending.bytes >= Math.max(1, minBytes)) return
  throw new BackupError(
    'source-empty',
    `${what} gave too little: ${label} wrote ${ending.bytes} bytes; min-bytes asks for ${minBytes}.`,
  )
}

function endOf({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}
