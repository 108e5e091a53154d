import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'
import type { RawPath } from './entry.ts'
import { bytesOf } from './path.ts'

/**
 * SHA-256 of files at a place, in hex, by GNU sha256sum. What can't be read is left out.
 *
 * @throws BackupError `source-failed` when it can't be done at all
 */
export async function hashAt(place: Place, paths: readonly RawPath[]): Promise<Map<RawPath, string>> {
  const hashes = new Map<RawPath, string>()
  if (paths.length === 0) return hashes
  const running = place.start({
    argv: ['xargs', '-0', 'sha256sum', '--zero', '--'],
    env: { LC_ALL: 'C' },
    stdin: bytesOf(paths.map((path) => `/${path}\0`).join('')),
  })
  let rest = ''
  for await (const chunk of running.stdout) {
    const records = (rest + (chunk as Buffer).toString('latin1')).split('\0')
    rest = records.pop() ?? ''
    // 64 digits, two signs for the mode of reading, and the absolute path.
    for (const record of records) hashes.set(record.slice(67), record.slice(0, 64))
  }
  const { code, stderr } = await running.ended
  // 123: some of the programs that it started ended with a code of their own, as for files that can't be read.
  if (code !== 0 && code !== 123) {
    throw new BackupError('source-failed', `Files on ${place.name} could not be read for comparison: ${stderr.trim()}`)
  }
  return hashes
}
