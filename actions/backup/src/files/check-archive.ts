import type { Readable } from 'node:stream'
import { BackupError } from '../failure.ts'
import { TarError } from './tar-header.ts'
import { createTarScanner } from './tar-stream.ts'

/**
 * Reads an archive to its end, as tar would, and writes nothing.
 *
 * @returns how many members it has
 * @throws BackupError `corrupt` when it isn't a whole archive; what the stream was destroyed with
 */
export async function checkArchive(archive: Readable, name: string): Promise<number> {
  let members = 0
  const scanner = createTarScanner({ member: () => void members++ })
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) scanner.push(chunk)
    scanner.finish()
    return members
  } catch (error) {
    throw error instanceof TarError
      ? new BackupError('corrupt', `The archive ${name} is damaged: ${error.message}.`)
      : error
  }
}
