import type { Readable } from 'node:stream'
import { BackupError } from '../failure.ts'
import { lastBytes, type StreamRole } from './stream.ts'

/** A stream of a backup on its way back, decrypted and decompressed. */
export interface RestoreStream {
  name: string
  role: StreamRole
  open(): Promise<Readable>
}

/** Files of a server can't be given to a client. Throws `invalid-input` with what to do instead. */
export function refuseFiles(streams: readonly RestoreStream[]): void {
  const files = streams.find(({ role }) => role !== 'database' && role !== 'globals')
  if (files === undefined) return
  throw new BackupError(
    'invalid-input',
    `The backup's ${JSON.stringify(files.name)} is no SQL that a server could be given.`,
    {
      remedy: 'Restore it into a folder, and follow the instructions that stand beside the backup.',
    },
  )
}

export interface CheckedDump {
  bytes: AsyncGenerator<Buffer>
  /** Its bytes ended in an error, or before their end: the cause of whatever the program says that got them. */
  hasBroken(): boolean
  /** Throws the error that its bytes ended in, or `corrupt` unless all of them were read, to their end. */
  refusePart(): void
}

/**
 * Looks at a dump while a program reads it. To the program a dump that broke off looks like a whole one, so its own exit
 * code proves nothing.
 *
 * @param end what the last bytes of a whole one match
 * @param label e.g. `the database "shop"`
 */
export function checkedDump(dump: Readable, end: RegExp, label: string): CheckedDump {
  let tail = Buffer.alloc(0)
  let failure: { error: unknown } | undefined
  let isRead = false

  async function* read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of dump as AsyncIterable<Buffer>) {
        tail = lastBytes(tail, chunk)
        yield chunk
      }
      isRead = true
    } catch (error) {
      failure = { error }
    }
  }

  const isWhole = (): boolean => end.test(tail.toString('latin1'))
  return {
    bytes: read(),
    hasBroken: () => failure !== undefined || (isRead && !isWhole()),
    refusePart() {
      if (failure !== undefined) throw failure.error
      if (!isRead)
        throw new BackupError(
          'corrupt',
          `The dump of ${label} was left before its end by the program that restores it.`,
        )
      if (!isWhole()) throw new BackupError('corrupt', `The dump of ${label} ends before its end.`)
    },
  }
}
