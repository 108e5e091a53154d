export interface Capture {
  push(chunk: Buffer): void
  text(): string
}

/**
 * Keeps the first and the last half of `limit` bytes of a stream: an error stands at the end, its context at the start.
 * The text tells how many bytes are missing between them; no UTF-8 sequence is torn.
 */
export function createCapture(limit: number): Capture {
  const headLimit = Math.ceil(limit / 2)
  const tailLimit = limit - headLimit
  const head: Buffer[] = []
  const tail: Buffer[] = []
  let headBytes = 0
  let tailBytes = 0
  let total = 0

  function keepTail(chunk: Buffer): void {
    tail.push(chunk)
    tailBytes += chunk.length
    for (let [oldest] = tail; oldest && tailBytes - oldest.length >= tailLimit; [oldest] = tail) {
      tail.shift()
      tailBytes -= oldest.length
    }
  }

  return {
    push(chunk) {
      const first = chunk.subarray(0, headLimit - headBytes)
      head.push(first)
      headBytes += first.length
      total += chunk.length
      keepTail(chunk.subarray(first.length))
    },
    text() {
      const start = Buffer.concat(head)
      const kept = Buffer.concat(tail)
      const end = kept.subarray(Math.max(0, kept.length - tailLimit))
      const missing = total - start.length - end.length
      if (missing === 0) return Buffer.concat([start, end]).toString()
      return `${withoutTornEnd(start)}\n[… ${missing} bytes left out …]\n${withoutTornStart(end)}`
    },
  }
}

function withoutTornEnd(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}

/** Bytes 10xxxxxx continue a sequence whose start was left out. */
function withoutTornStart(bytes: Buffer): string {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80)
  return bytes.subarray(Math.max(0, start)).toString()
}
