import type { Readable } from 'node:stream'
import { BackupError } from '../failure.ts'
import type { Finished, Place, PlaceCommand, Running } from './place.ts'

const CAPTURE_BYTES = 1024 * 1024

/** `Place.run`, for any way to start a program: reads its output to the end and keeps the first bytes of it. */
export async function runToEnd(
  start: (command: PlaceCommand) => Running,
  command: Parameters<Place['run']>[0],
): Promise<Finished> {
  const { captureBytes = CAPTURE_BYTES, ...rest } = command
  const running = start(rest)
  const stdout = firstBytes(running.stdout, captureBytes)
  const finished = await running.ended
  return { ...finished, stdout: stdout() }
}

function firstBytes(stream: Readable, limit: number): () => Buffer {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes < limit) chunks.push(chunk.subarray(0, limit - bytes))
    bytes += chunk.length
  })
  stream.on('error', () => undefined)
  return () => Buffer.concat(chunks)
}

export function missingProgram(place: string, program: string): BackupError {
  return new BackupError('client-missing', `${place} has no program ${program}.`, {
    remedy: 'Install it there, or add its folder to the PATH that programs have there.',
  })
}

export function missingFolder(place: string, folder: string): BackupError {
  return new BackupError('source-failed', `${place} has no folder ${folder} that can be entered.`)
}
