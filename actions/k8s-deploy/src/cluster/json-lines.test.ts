import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createJsonLineReader } from './json-lines.ts'

test('gives every value whole, wherever the stream is cut', () => {
  const property = fc.property(
    fc.array(fc.record({ text: fc.string({ unit: 'binary' }), more: fc.jsonValue({ maxDepth: 2 }) }), { maxLength: 5 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    (values, cuts) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join('\n')
      const stream = Buffer.from(text)
      const places = [...cuts.map((cut) => cut % (stream.length + 1)), 0, stream.length].toSorted((a, b) => a - b)
      const read: unknown[] = []
      const push = createJsonLineReader((value) => read.push(value))
      for (const [index, place] of places.slice(1).entries()) push(stream.subarray(places[index], place))
      expect(read).toEqual(JSON.parse(JSON.stringify(values)))
    },
  )
  fc.assert(property)
})

test('a line without end does not fill memory', () => {
  const push = createJsonLineReader(() => undefined)
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  expect(() => {
    for (let mebibytes = 0; mebibytes < 17; mebibytes++) push(chunk)
  }).toThrow('a line has more than 16777216 bytes')
})

test('what is not JSON throws', () => {
  expect(() => createJsonLineReader(() => undefined)(Buffer.from('<html>\n'))).toThrow(SyntaxError)
})
