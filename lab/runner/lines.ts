// Bytes to lines, as .NET's StreamReader.ReadLine cuts them: at \n, \r\n and at a lone \r.
import { StringDecoder } from 'node:string_decoder'

export interface LineReader {
  write(bytes: Buffer): void
  end(): void
}

export function createLineReader(onLine: (line: string) => void): LineReader {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string): void => {
    // A \r at the very end waits: the next chunk may bring its \n.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
  return {
    write: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end())
      if (rest !== '') onLine(rest.replace(/\r$/, ''))
      rest = ''
    },
  }
}
