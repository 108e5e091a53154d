import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { UserError } from '../../../../lib/action/errors.ts'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { seal } from '../../../../lib/crypto/sealed.ts'
import { deriveKeys } from '../keys.ts'
import { canonicalPlan } from '../plan/canonical.ts'
import { recordedPlan } from '../plan/fixtures/index.ts'
import { type Binding, openBundle, type PlanBundle, sealBundle } from './bundle.ts'

const keys = deriveKeys('plan-key-of-the-tests-0123456789abcdef')

const binding: Binding = {
  repositoryId: 4711,
  pullRequest: 12,
  headSha: 'a'.repeat(40),
  root: 'infra',
  directory: 'infra',
  workspace: 'default',
  runId: 99,
}

const bundle: PlanBundle = {
  version: 1,
  kind: 'reviewed',
  plannedAt: '2026-01-01T00:00:00.000Z',
  canonical: canonicalPlan(recordedPlan('changes'), {
    tool: 'Terraform',
    providers: {},
    key: keys.sensitive,
    notCompared: () => false,
  }),
  closure: { digest: 'd'.repeat(64), files: { 'infra/main.tf': 'f'.repeat(64) } },
}

const sealed = sealBundle(keys.bundle, bundle, binding)

/** What opening gives: the bundle, or the reason of the error. An error that isn't meant for the user is thrown. */
function outcome(bytes: Uint8Array, key = keys.bundle, as = binding): unknown {
  try {
    return openBundle(key, bytes, as)
  } catch (error) {
    if (error instanceof UserError) return error.reason
    throw error
  }
}

test('a sealed bundle opens to what it was, digits of long numbers included', () => {
  const opened = openBundle(keys.bundle, sealed, binding)
  expect(canonicalJson(opened)).toBe(canonicalJson(bundle))
  expect(canonicalJson(opened)).toContain('12345678901234567891')
})

describe('anything else is plan-tampered', () => {
  test('200 random bit flips', () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
        const flipped = Uint8Array.from(sealed)
        flipped[index] = (flipped[index] ?? 0) ^ (1 << bit)
        expect(outcome(flipped)).toBe('plan-tampered')
      }),
      { numRuns: 200 },
    )
  })

  test('200 random truncations, of the end, the beginning or the middle', () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: sealed.length }), (start, length) => {
        const cut = Buffer.concat([sealed.subarray(0, start), sealed.subarray(start + length)])
        fc.pre(cut.length < sealed.length)
        expect(outcome(cut)).toBe('plan-tampered')
        expect(outcome(sealed.subarray(0, start))).toBe('plan-tampered')
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['bytes appended', Buffer.concat([sealed, Buffer.from([0])])],
    ['two bundles in one', Buffer.concat([sealed, sealed])],
    ['the plain text', Buffer.from(canonicalJson(bundle))],
    ['a plan file', Buffer.from('PK\u0003\u0004tfplan')],
  ])('%s', (_, bytes) => {
    expect(outcome(bytes)).toBe('plan-tampered')
  })

  test.each<Partial<Binding>>([
    { repositoryId: 4712 },
    { pullRequest: 13 },
    { headSha: 'b'.repeat(40) },
    { headSha: 'a'.repeat(39) },
    { root: 'infr' },
    { directory: '.' },
    { workspace: 'production' },
    { runId: 98 },
    { root: 'infra","workspace":"default' },
  ])('a replay as %j', (other) => {
    expect(outcome(sealed, keys.bundle, { ...binding, ...other })).toBe('plan-tampered')
  })

  test('another key, also another of the same plan-key', () => {
    expect(outcome(sealed, deriveKeys('another-key-of-the-tests-0123456789abc').bundle)).toBe('plan-tampered')
    expect(outcome(sealed, keys.sensitive)).toBe('plan-tampered')
  })
})

describe('whoever holds the key can seal anything; a wrong shape is plan-tampered and no other error', () => {
  const sealText = (text: string): Uint8Array => seal(keys.bundle, text, { ...binding })

  test.each([
    'null',
    'true',
    '1',
    '1e400',
    '""',
    '"text"',
    '[]',
    '{}',
    '[[[]]]',
    '',
    '{',
    'undefined',
    '\u0000',
    '{"__proto__":{"version":1}}',
  ])('the text %j', (text) => {
    expect(outcome(sealText(text))).toBe('plan-tampered')
  })

  const plain = JSON.parse(canonicalJson({ ...bundle, canonical: { ...bundle.canonical, resources: {} } })) as object

  /** Paths at which `checkShape` has something to say. */
  const REQUIRED = [
    ['version'],
    ['kind'],
    ['plannedAt'],
    ['canonical'],
    ['canonical', 'version'],
    ['canonical', 'resources'],
    ['canonical', 'outputs'],
    ['canonical', 'provisioners'],
    ['canonical', 'digests'],
    ['canonical', 'tool'],
    ['canonical', 'tool', 'providers'],
    ['canonical', 'checks'],
    ['closure'],
    ['closure', 'files'],
    ['closure', 'digest'],
  ]
  const edit = (path: readonly string[], change: (holder: Record<string, unknown>, key: string) => void): string => {
    const copy = structuredClone(plain)
    const holder = path.slice(0, -1).reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], copy)
    change(holder as Record<string, unknown>, path.at(-1) ?? '')
    return JSON.stringify(copy)
  }

  test.each(REQUIRED.map((path) => [path.join('.'), path] as const))('without %s', (_, path) => {
    expect(outcome(sealText(edit(path, () => undefined)))).not.toBe('plan-tampered')
    const text = edit(path, (holder, key) => {
      delete holder[key]
    })
    expect(outcome(sealText(text))).toBe('plan-tampered')
  })

  test.each(REQUIRED.map((path) => [path.join('.'), path] as const))('with null or true for %s', (_, path) => {
    for (const wrong of [null, true]) {
      const text = edit(path, (holder, key) => {
        holder[key] = wrong
      })
      expect(outcome(sealText(text))).toBe('plan-tampered')
    }
  })

  test.each([
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"facts":{},"before":{},"after":{}}',
    '{"facts":[],"before":{},"after":{},"unknown":{}}',
    '{"facts":{},"before":null,"after":{},"unknown":{}}',
    '{"__proto__":{"facts":{},"before":{},"after":{},"unknown":{}}}',
  ])('a change that is %s', (change) => {
    for (const group of ['resources', 'outputs']) {
      const text = edit(['canonical', group], (holder, key) => {
        holder[key] = { x: '$change' }
      }).replace('"$change"', change)
      expect(outcome(sealText(text))).toBe('plan-tampered')
    }
  })

  test('any JSON at any place opens to a bundle of that shape or is plan-tampered', () => {
    fc.assert(
      fc.property(fc.constantFrom(...REQUIRED), fc.json({ maxDepth: 3 }), (path, json) => {
        const text = edit(path, (holder, key) => {
          holder[key] = '$json'
        }).replace('"$json"', () => json)
        const opened = outcome(sealText(text))
        if (opened !== 'plan-tampered') expect(Object.keys((opened as PlanBundle).canonical.resources)).toBeDefined()
      }),
      { numRuns: 300 },
    )
  })

  test('any JSON that is no bundle at all', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(outcome(sealText(json))).toBe('plan-tampered')
      }),
      { numRuns: 200 },
    )
  })

  test('a text nested so deeply that reading it exhausts the stack', () => {
    const deep = `${'['.repeat(200_000)}1e5${']'.repeat(200_000)}`
    expect(outcome(sealText(deep))).toBe('plan-tampered')
    const inside = edit(['canonical', 'checks'], (holder, key) => {
      holder[key] = ['$deep']
    }).replace('"$deep"', deep)
    expect(outcome(sealText(inside))).toBe('plan-tampered')
  })
})

test('a bundle that is larger than any may be is refused when it is sealed', () => {
  const bytes = Buffer.alloc(33 * 1024 * 1024)
  crypto.getRandomValues(bytes.subarray(0, 65536))
  for (let filled = 65536; filled < bytes.length; filled += 65536)
    crypto.getRandomValues(bytes.subarray(filled, filled + 65536))
  const files = { incompressible: bytes.toString('latin1').replace(/[^ -~]/g, '') + bytes.toString('base64') }
  expect(() => sealBundle(keys.bundle, { ...bundle, closure: { digest: '', files } }, binding)).toThrow(
    expect.objectContaining({ reason: 'plan-failed' }),
  )
})
