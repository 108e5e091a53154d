import { describe, expect, test } from '@jest/globals'
import type { Verdict } from '../catalogue/manifest.ts'
import { verdict } from './fixtures/manifests.ts'
import { standingsOf } from './verdicts.ts'

const pass = (number: number, more: Partial<Verdict> = {}) => verdict('one', number, more)
const fail = (number: number, more: Partial<Verdict> = {}) => verdict('one', number, { passed: false, ...more })

function standing(...verdicts: Verdict[]): string {
  const found = standingsOf(verdicts).get('one')
  expect(standingsOf(verdicts.toReversed()).get('one')).toEqual(found)
  return found === undefined ? 'unproved' : `${found.kind} ${found.verdict.at.slice(8, 10)}`
}

test.each<[string, Verdict[], string]>([
  ['no verdict', [verdict('other', 1)], 'unproved'],
  ['one that passed', [pass(1)], 'passed 01'],
  ['one that failed', [fail(1)], 'failed 01'],
  ['the newest of those that passed', [pass(2), pass(5), pass(3)], 'passed 05'],
  ['a failure after a pass', [pass(1), fail(2)], 'failed 02'],
  ['a pass after a failure', [fail(1), pass(2)], 'passed 02'],
  ['a pass that read nothing', [pass(1, { coverage: 0 })], 'unproved'],
  ['a pass that read nothing, after one that did', [pass(1), pass(2, { coverage: 0 })], 'passed 01'],
  ['a pass that read nothing, after a failure', [fail(1, { coverage: 0 }), pass(2, { coverage: 0 })], 'failed 01'],
])('%s', (_, verdicts, expected) => {
  expect(standing(...verdicts)).toBe(expected)
})

describe('a failure is cleared by what went as deep', () => {
  test.each<[string, Partial<Verdict>, Partial<Verdict>, string]>([
    ['a smaller sample', { coverage: 1 }, { coverage: 0.99 }, 'failed 01'],
    ['an equal sample', { coverage: 0.5 }, { coverage: 0.5 }, 'passed 02'],
    ['bytes only, after decrypting', { decrypted: true }, { decrypted: false }, 'failed 01'],
    ['bytes only, after bytes only', { decrypted: false }, { decrypted: false }, 'passed 02'],
    ['decrypting, after bytes only', { decrypted: false }, { decrypted: true }, 'passed 02'],
    ['a verification, after a rehearsal', { kind: 'rehearse' }, { kind: 'verify' }, 'failed 01'],
    ['a rehearsal, after a rehearsal', { kind: 'rehearse' }, { kind: 'rehearse' }, 'passed 02'],
    ['a rehearsal, after a verification', { kind: 'verify' }, { kind: 'rehearse' }, 'passed 02'],
  ])('%s', (_, failure, later, expected) => {
    expect(standing(fail(1, failure), pass(2, later))).toBe(expected)
  })

  test('a shallow failure does not replace a deep one', () => {
    const rehearsal = fail(1, { kind: 'rehearse' })
    expect(standing(rehearsal, fail(2, { coverage: 0.1 }))).toBe('failed 01')
    expect(standing(rehearsal, fail(2, { coverage: 0.1 }), pass(3))).toBe('failed 01')
    expect(standing(rehearsal, fail(2, { kind: 'rehearse' }))).toBe('failed 02')
  })

  test('a failure after a pass counts, however shallow', () => {
    expect(standing(pass(1, { kind: 'rehearse' }), fail(2, { coverage: 0.1, decrypted: false }))).toBe('failed 02')
  })
})
