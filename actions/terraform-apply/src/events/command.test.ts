import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type CommentCommand, parseCommand } from './command.ts'

const PRINT = 'abcdef012345'
const command = (verb: 'apply' | 'plan', root?: string, fingerprint?: string): CommentCommand => ({
  verb,
  root,
  fingerprint,
})

test.each<[string, CommentCommand]>([
  ['/apply', command('apply')],
  ['/plan', command('plan')],
  ['  /apply\t', command('apply')],
  ['/apply\r\n', command('apply')],
  ['\n/plan infra\n\n', command('plan', 'infra')],
  ['/apply infra/eu', command('apply', 'infra/eu')],
  ['/apply .', command('apply', '.')],
  [`/apply ${PRINT}`, command('apply', undefined, PRINT)],
  [`/apply infra ${PRINT}`, command('apply', 'infra', PRINT)],
  [`/apply ${PRINT} infra`, command('apply', 'infra', PRINT)],
  [`/apply   infra \t ${PRINT.toUpperCase()}`, command('apply', 'infra', PRINT)],
  [`/apply ${'a'.repeat(64)}`, command('apply', undefined, 'a'.repeat(64))],
  ['/apply abcdef01234', command('apply', 'abcdef01234')],
  [`/apply ${'a'.repeat(65)}`, command('apply', 'a'.repeat(65))],
  ['/apply abcdef01234g', command('apply', 'abcdef01234g')],
])('%j is a command', (body, expected) => {
  expect(parseCommand(body)).toEqual(expected)
})

test.each([
  '',
  ' ',
  'apply',
  '/applyinfra',
  '/Apply',
  '/APPLY',
  '/apply:infra',
  'please /apply',
  '> /apply',
  '`/apply`',
  '/apply\n/plan',
  '/apply\nbecause it is fine',
  '/apply\rinfra',
  '/apply\u2028infra',
  '/apply\u00a0infra',
  '/apply infra other',
  `/apply ${PRINT} ${PRINT}`,
  `/apply infra ${PRINT} more`,
  `/plan ${PRINT}`,
  `/plan infra ${PRINT}`,
  '//apply',
  '/ apply',
  '<!-- -->/apply',
])('%j is none', (body) => {
  expect(parseCommand(body)).toBeUndefined()
})

test('whatever is a command has its verb first, one line, and no more than a root and a fingerprint', () => {
  const words = fc.array(fc.constantFrom('/apply', '/plan', 'infra', PRINT, '\n', ' ', '\t', 'x'), { maxLength: 6 })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        words.map((list) => list.join(' ')),
      ),
      (body) => {
        const parsed = parseCommand(body)
        if (!parsed) return
        const [verb, ...rest] = body.trim().split(/[ \t]+/)
        expect(verb).toBe(`/${parsed.verb}`)
        expect(rest.map((word) => word.toLowerCase()).sort()).toEqual(
          [parsed.root, parsed.fingerprint]
            .filter((word) => word !== undefined)
            .map((word) => word.toLowerCase())
            .sort(),
        )
      },
    ),
    { numRuns: 500 },
  )
})
