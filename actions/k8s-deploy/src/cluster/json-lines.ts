const NEWLINE = 0x0a

/** An object is stored with up to 1.5 MiB; escaped as JSON it may be several times as long. */
const LONGEST_LINE = 16 * 1024 * 1024

/**
 * Cuts a byte stream into lines and parses each as JSON. Cut as bytes, so that no character that lies in two chunks is torn.
 * The returned function throws on a line that is too long or isn't JSON.
 */
export function createJsonLineReader(deliver: (value: unknown) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let bytes = 0

  function keep(piece: Buffer): void {
    bytes += piece.length
    if (bytes > LONGEST_LINE) throw new Error(`a line has more than ${LONGEST_LINE} bytes`)
    pieces.push(piece)
  }

  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end))
      const line = Buffer.concat(pieces).toString()
      pieces = []
      bytes = 0
      start = end + 1
      if (line.trim() !== '') deliver(JSON.parse(line))
    }
    keep(chunk.subarray(start))
  }
}
