import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SemVer } from 'semver'
import { meets, parseConstraint } from './constraint.ts'

const allows = (constraint: string, version: string): boolean | undefined =>
  parseConstraint(constraint)?.every((condition) => meets(new SemVer(version), condition))

describe('conditions', () => {
  // From the tests of hashicorp/go-version, which both programs use, as far as they are about releases.
  test.each<[string, string, boolean]>([
    ['>= 1.0', '1.0.0', true],
    ['>= 1.0', '0.9.9', false],
    ['> 1.2', '1.2.0', false],
    ['> 1.2', '1.2.1', true],
    ['<= 1.2', '1.2.0', true],
    ['<= 1.2', '1.2.1', false],
    ['< 1.2.3', '1.2.3', false],
    ['1.2.3', '1.2.3', true],
    ['=1.2', '1.2.0', true],
    ['= v1.2.3', '1.2.4', false],
    ['!= 1.2.3', '1.2.3', false],
    ['!= 1.2.3', '1.2.4', true],
    ['>= 1.0, < 1.2', '1.1.5', true],
    ['>= 1.0, < 1.2', '1.2.0', false],
    [' ~>1.0.3 ,!= 1.0.5', '1.0.5', false],
    ['~> 1.0', '1.9.9', true],
    ['~> 1.0', '2.0.0', false],
    ['~> 1.0.7', '1.0.4', false],
    ['~> 1.0.7', '1.0.8', true],
    ['~> 1.0.7', '1.1.0', false],
    ['~> 1.2.9', '1.3.0', false],
    ['~> 1', '1.0.0', true],
    // With one number nothing stands before the one that may grow.
    ['~> 1', '2.0.0', true],
    ['~> 2', '1.9.9', false],
  ])('%s and %s: %s', (constraint, version, allowed) => expect(allows(constraint, version)).toBe(allowed))

  test('a pre-release counts as the version that it comes before', () => {
    expect(allows('>= 1.12', '1.12.0-rc1')).toBe(true)
    expect(allows('< 1.12', '1.12.0-rc1')).toBe(false)
    expect(allows('1.12.0', '1.12.0-alpha20250101')).toBe(true)
  })
})

test.each([
  '',
  ' ',
  'latest',
  '^1.2',
  '~1.2',
  '>= 1.2 < 2',
  '1.x',
  '>= 1.2,',
  ',',
  '== 1.2',
  '1.2.3.4',
  '= 1.12.0-rc1',
])('%j is no constraint', (text) => expect(parseConstraint(text)).toBeUndefined())

describe('~>', () => {
  const number = fc.integer({ min: 0, max: 30 })
  const version = fc.tuple(number, number, number)
  const written = fc.array(number, { minLength: 1, maxLength: 3 })

  test('allows what is not less and has the same numbers up to the last but one', () => {
    fc.assert(
      fc.property(version, written, (numbers, wanted) => {
        const padded = [...wanted, 0, 0].slice(0, 3)
        const first = numbers.findIndex((part, index) => part !== padded[index])
        const notLess = first === -1 || (numbers[first] ?? 0) > (padded[first] ?? 0)
        const samePrefix = wanted.slice(0, -1).every((part, index) => part === numbers[index])
        expect(allows(`~> ${wanted.join('.')}`, numbers.join('.'))).toBe(notLess && samePrefix)
      }),
      { numRuns: 2000 },
    )
  })

  test('is >= and < the next, for two and three numbers', () => {
    fc.assert(
      fc.property(version, fc.array(number, { minLength: 2, maxLength: 3 }), (numbers, wanted) => {
        const next = wanted.slice(0, -1).map((part, index) => (index === wanted.length - 2 ? part + 1 : part))
        const asRange = `>= ${wanted.join('.')}, < ${next.join('.')}`
        expect(allows(`~> ${wanted.join('.')}`, numbers.join('.'))).toBe(allows(asRange, numbers.join('.')))
      }),
      { numRuns: 2000 },
    )
  })
})

test('all conditions must hold, in any order', () => {
  const condition = fc
    .tuple(
      fc.constantFrom('', '=', '!=', '>', '>=', '<', '<=', '~>'),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
    )
    .map(([operator, numbers]) => `${operator} ${numbers.join('.')}`)
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 4 }),
      fc.nat(3),
      fc.nat(3),
      (conditions, minor, patch) => {
        const version = `1.${minor}.${patch}`
        const each = conditions.every((one) => allows(one, version))
        expect(allows(conditions.join(','), version)).toBe(each)
        expect(allows(conditions.toReversed().join(' , '), version)).toBe(each)
      },
    ),
  )
})
