import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLineReader } from './lines.ts'

function read(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = []
  const reader = createLineReader((line) => lines.push(line))
  for (const chunk of chunks) reader.write(Buffer.from(chunk))
  reader.end()
  return lines
}

test.each([
  ['a\nb\r\nc\rd', ['a', 'b', 'c', 'd']],
  ['a\n', ['a']],
  ['\n\n', ['', '']],
  ['a\r', ['a']],
  ['', []],
])('%j', (text, lines) => {
  expect(read([Buffer.from(text)])).toEqual(lines)
})

test('where the bytes are cut does not matter', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '🔴', '\r', '\n') })
  fc.assert(
    fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
      const bytes = Buffer.from(whole)
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
      expect(read(chunks)).toEqual(read([bytes]))
    }),
  )
})
