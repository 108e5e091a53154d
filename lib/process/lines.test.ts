import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLineReader, MAX_LINE_LENGTH } from './lines.ts'

function linesOf(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = []
  const reader = createLineReader((line) => lines.push(line))
  for (const chunk of chunks) reader.push(Buffer.from(chunk))
  reader.end()
  return lines
}

function chunked(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

test.each([
  ['nothing', '', []],
  ['line ends of both kinds', 'a\nb\r\n\nc\n', ['a', 'b', '', 'c']],
  ['a last line without end', 'a\nb', ['a', 'b']],
  ['a carriage return inside a line', 'a\rb\n', ['a\rb']],
])('%s', (_name, text, lines) => {
  expect(linesOf(chunked(text, 1))).toEqual(lines)
})

test('chunk borders do not matter, not even inside a character', () => {
  const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text))
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      (lines, lineEnd, size) => {
        expect(linesOf(chunked(lines.map((text) => text + lineEnd).join(''), size))).toEqual(lines)
      },
    ),
  )
})

describe('a line over the limit', () => {
  test('comes once, cut, and the next one comes whole', () => {
    const lines = linesOf(chunked(`${'x'.repeat(MAX_LINE_LENGTH + 5)}\nnext\n`, 65_536))
    expect(lines).toEqual([`${'x'.repeat(MAX_LINE_LENGTH)} [… 5 more characters]`, 'next'])
  })

  test('is not cut inside a character, and needs no end', () => {
    const lines = linesOf(chunked(`x${'😀'.repeat(MAX_LINE_LENGTH / 2)}`, 65_536))
    expect(lines).toHaveLength(1)
    expect(lines[0]?.isWellFormed()).toBe(true)
  })
})
