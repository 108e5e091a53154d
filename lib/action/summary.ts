import { appendFileSync, statSync } from 'node:fs'

/** A summary over 1 MiB is dropped whole by the runner (its FileCommandManager), so we never write one. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024

/**
 * Appends Markdown to the step's summary. Text that would pass the limit is replaced by `tooLong`, and if not even that
 * fits, left out. Returns what became of it.
 */
export function appendSummary(
  file: string | undefined,
  markdown: string,
  tooLong: string,
): 'written' | 'shortened' | 'left-out' {
  if (!file) return 'left-out'
  const room = SUMMARY_LIMIT_BYTES - statSync(file).size
  if (Buffer.byteLength(markdown) + 1 <= room) {
    appendFileSync(file, `${markdown}\n`)
    return 'written'
  }
  if (Buffer.byteLength(tooLong) + 1 > room) return 'left-out'
  appendFileSync(file, `${tooLong}\n`)
  return 'shortened'
}
