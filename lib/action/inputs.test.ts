import { describe, expect, test } from '@jest/globals'
import { type InputReader, inputReader } from './inputs.ts'

const reading = (value: string, name = 'an-input'): InputReader =>
  inputReader({ [`INPUT_${name.toUpperCase()}`]: value })
const refused = (allowed: RegExp) =>
  expect.objectContaining({ reason: 'invalid-input', message: expect.stringMatching(allowed) })

describe('names and texts', () => {
  test('the name goes as the runner writes it: upper case, blanks as _, hyphens kept', () => {
    const read = inputReader({ 'INPUT_AN-INPUT': ' a b ', INPUT_OF_OLD: 'x' })
    expect(read.text('an-input')).toBe('a b')
    expect(read.optional('of old')).toBe('x')
  })

  test('an empty value is an absent one', () => {
    for (const read of [reading('  \n'), inputReader({})]) {
      expect(read.optional('an-input')).toBeUndefined()
      expect(read.optionalChoice('an-input', ['a'])).toBeUndefined()
      expect(read.count('an-input', 0)).toBeUndefined()
      expect(read.secret('an-input', 32)).toBeUndefined()
      expect([read.list('an-input'), read.words('an-input'), read.patterns('an-input')]).toEqual([[], [], []])
      expect(read.map('an-input')).toEqual({})
      for (const needed of ['text', 'flag', 'duration', 'size'] as const)
        expect(() => read[needed]('an-input')).toThrow(refused(/^The input an-input is empty; it needs a value\.$/))
      expect(() => read.choice('an-input', ['a', 'b'])).toThrow(refused(/is empty; allowed is one of a, b/))
    }
  })
})

test('choices are exact', () => {
  expect(reading('one').choice('an-input', ['one', 'two'])).toBe('one')
  for (const value of ['One', 'three', 'one two', 'constructor'])
    expect(() => reading(value).choice('an-input', ['one', 'two'])).toThrow(refused(/allowed is one of one, two/))
})

test.each([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])('the flag %s is %p', (value, flag) => {
  expect(reading(value).flag('an-input')).toBe(flag)
})

test.each(['yes', 'no', 'on', '1', '0', 'tRUE', 'constructor', '__proto__', 'toString'])('%s is no flag', (value) => {
  expect(() => reading(value).flag('an-input')).toThrow(refused(new RegExp(`"${value}"; allowed is true or false`)))
})

describe('lists', () => {
  test('one value a line, which may hold anything else', () => {
    expect(reading('a, b\r\n\n  c d  \n').list('an-input')).toEqual(['a, b', 'c d'])
  })

  test('words may stand on one line', () => {
    expect(reading('a, b\nc,,d,\n').words('an-input')).toEqual(['a', 'b', 'c', 'd'])
  })

  test('patterns: each is compiled, and a wrong one is named', () => {
    expect(reading('a+\n\\p{L}').patterns('an-input')).toEqual([/a+/gu, /\p{L}/gu])
    expect(() => reading('a+\n(b').patterns('an-input')).toThrow(
      refused(/the line "\(b", which is no regular expression/),
    )
  })
})

describe('maps', () => {
  test.each<[string, object]>([
    ['a: 1\nb: [x, y]\nc:\n  d: null', { a: 1, b: ['x', 'y'], c: { d: null } }],
    ['{"a": true}', { a: true }],
    ['# nothing but a comment\na: "no"', { a: 'no' }],
    ['yes: no', { yes: 'no' }],
    ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
  ])('%j', (value, map) => {
    expect(reading(value).map('an-input')).toEqual(map)
  })

  test.each(['text', '- a', '[1]', '1', 'null', 'a: [', 'a: 1\na: 2', '"a', '? [x]\n: 1', 'a: *none'])(
    '%j is none, and not quoted',
    (value) => {
      const secret = value.replace(/1|text|x/g, 'hidden-secret')
      const read = () => reading(secret).map('an-input')
      expect(read).toThrow(refused(/^The input an-input isn't (a|valid) YAML/))
      expect(read).not.toThrow('hidden-secret')
    },
  )

  test('aliases that would grow without end are refused', () => {
    const lines = Array.from(
      { length: 9 },
      (_, index) =>
        `${'bcdefghij'[index]}: &${'bcdefghij'[index]} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`,
    )
    expect(() => reading(['a: &a [x]', ...lines].join('\n')).map('an-input')).toThrow(refused(/isn't valid YAML/))
  })
})

describe('quantities', () => {
  test.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['36h', 129_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %i ms', (value, ms) => {
    expect(reading(value).duration('an-input')).toBe(ms)
  })

  test.each(['10', '1.5h', '-1s', '5 m', '1h30m', '5M', '1w', '99999999999s'])('%s is no duration', (value) => {
    expect(() => reading(value).duration('an-input')).toThrow(refused(/allowed is a duration such as 90s, 10m or 36h/))
  })

  test.each([
    ['512', 512],
    ['512B', 512],
    ['16KiB', 16_384],
    ['2GiB', 2_147_483_648],
    ['1TiB', 1_099_511_627_776],
  ])('%s is %i bytes', (value, bytes) => {
    expect(reading(value).size('an-input')).toBe(bytes)
  })

  test.each(['1KB', '1.5MiB', '-1', '1 MiB', '1kib', '9'.repeat(20)])('%s is no size', (value) => {
    expect(() => reading(value).size('an-input')).toThrow(refused(/allowed is a size such as/))
  })

  test('counts are whole numbers from a minimum up', () => {
    expect(reading('3').count('an-input', 1)).toBe(3)
    expect(reading('0').count('an-input', 0)).toBe(0)
    for (const value of ['0', '-1', '1.5', '1e3', 'x', '0x10', '9'.repeat(16)])
      expect(() => reading(value).count('an-input', 1)).toThrow(refused(/allowed is a whole number from 1 up/))
  })
})

test('a secret is counted in bytes, and never quoted', () => {
  expect(reading('온'.repeat(11)).secret('an-input', 33)).toBe('온'.repeat(11))
  const short = () => reading('hidden-secret').secret('an-input', 32)
  expect(short).toThrow(refused(/^The input an-input is a secret of 13 bytes; at least 32 are needed\.$/))
})

test('a long value is quoted in part', () => {
  expect(() => reading('x'.repeat(10_000)).flag('an-input')).toThrow(refused(/^.{0,200}$/))
})
