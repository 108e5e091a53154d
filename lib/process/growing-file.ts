import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** How often a file that has nothing new is looked at again. */
const POLL_MS = 40

export interface GrowingFile {
  stream: Readable
  /** Nobody writes any more: the stream ends when what is there has been read. */
  finish(): void
}

/** A file as a stream while another process still appends to it. */
export function followFile(path: string): GrowingFile {
  let finished = false
  return {
    stream: Readable.from(
      chunks(path, () => finished),
      { objectMode: false },
    ),
    finish: () => {
      finished = true
    },
  }
}

async function* chunks(path: string, isFinished: () => boolean): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    for (;;) {
      // Asked before the read: what was written up to then is seen by it.
      const last = isFinished()
      const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0)
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
      else if (last) return
      else await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  } finally {
    await file.close()
  }
}
