import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createCapture } from './capture.ts'

function captured(limit: number, chunks: readonly string[]): string {
  const capture = createCapture(limit)
  for (const chunk of chunks) capture.push(Buffer.from(chunk))
  return capture.text()
}

test('up to the limit everything is kept', () => {
  expect(captured(10, ['abc', 'defg', 'hij'])).toBe('abcdefghij')
})

test('beyond it the middle is missing, and how much', () => {
  expect(captured(10, ['abcdefghijklm', 'nopqrstuvwxyz'])).toBe('abcde\n[… 16 bytes left out …]\nvwxyz')
})

test('no character is torn', () => {
  expect(captured(10, ['ééééééééééé'])).toBe('éé\n[… 12 bytes left out …]\néé')
})

test('the limit holds for any chunks, and head and tail are those of the stream', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]*$/)), fc.integer({ min: 2, max: 30 }), (chunks, limit) => {
      const all = chunks.join('')
      const text = captured(limit, chunks)
      const half = Math.ceil(limit / 2)
      const tail = all.slice(all.length - (limit - half))
      const cut = `${all.slice(0, half)}\n[… ${all.length - limit} bytes left out …]\n${tail}`
      expect(text).toBe(all.length <= limit ? all : cut)
    }),
  )
})
