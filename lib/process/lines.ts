import { StringDecoder } from 'node:string_decoder'

/** Longest line that is delivered whole, in UTF-16 units. */
export const MAX_LINE_LENGTH = 1024 * 1024

export interface LineReader {
  push(chunk: Buffer): void
  /** Delivers a last line that has no line end. */
  end(): void
}

/**
 * Cuts a byte stream into lines at LF or CRLF; UTF-8 sequences may straddle chunks. A line over {@link MAX_LINE_LENGTH}
 * is delivered once, cut, with a mark that tells how much is missing: a program that never ends its line can't fill memory.
 */
export function createLineReader(deliver: (line: string) => void): LineReader {
  const decoder = new StringDecoder('utf8')
  let line = ''
  let missing = 0

  function append(piece: string): void {
    const kept = piece.slice(0, MAX_LINE_LENGTH - line.length)
    line += kept
    missing += piece.length - kept.length
  }

  function endLine(): void {
    const whole = missing === 0 ? line.replace(/\r$/, '') : cutLine(line, missing)
    line = ''
    missing = 0
    deliver(whole)
  }

  function read(text: string): void {
    const pieces = text.split('\n')
    for (const piece of pieces.slice(0, -1)) {
      append(piece)
      endLine()
    }
    append(pieces.at(-1) ?? '')
  }

  return {
    push: (chunk) => read(decoder.write(chunk)),
    end() {
      read(decoder.end())
      if (line !== '') endLine()
    },
  }
}

function cutLine(line: string, missing: number): string {
  return `${line.replace(/[\uD800-\uDBFF]$/, '')} [… ${missing} more characters]`
}
