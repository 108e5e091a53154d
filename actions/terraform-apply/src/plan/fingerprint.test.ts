import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { deriveKeys } from '../keys.ts'
import { matcher } from './address.ts'
import { type CanonicalPlan, canonicalPlan, fingerprintOf } from './canonical.ts'
import { comparePlans } from './compare.ts'
import { EFFECTS } from './fixtures/effects.ts'
import { RECORDED, type Recorded, recordedPlan, recordedText } from './fixtures/index.ts'
import { NOISE } from './fixtures/noise.ts'
import { Inapplicable, type Mutation, type Pick, picker, plantSecrets } from './fixtures/places.ts'
import { type Plan, readPlan } from './format.ts'

const keys = deriveKeys('plan-key-of-the-tests-0123456789abcdef')
const PROVIDERS = { 'terraform.io/builtin/terraform': '' }
const options = { tool: 'Terraform', providers: PROVIDERS, key: keys.sensitive, notCompared: () => false }

const canonicalOf = (plan: Plan) => canonicalPlan(plan, options)
const fingerprint = (plan: Plan): string => fingerprintOf(canonicalOf(plan), keys.fingerprint)
const reviewed = Object.fromEntries(RECORDED.map((name) => [name, canonicalOf(recordedPlan(name))])) as Record<
  Recorded,
  CanonicalPlan
>
const prints = Object.fromEntries(RECORDED.map((name) => [name, fingerprint(recordedPlan(name))]))

const anyPlan = fc.constantFrom(...RECORDED)
const anySeed = fc.integer()
const anyOf = (mutations: Readonly<Record<string, Mutation>>) => fc.constantFrom(...Object.keys(mutations))

/** Applies mutations to a recorded plan; a case where one finds nothing to change is no case. */
function mutated(name: Recorded, mutations: readonly (Mutation | undefined)[], pick: Pick): Plan {
  const plan = recordedPlan(name)
  try {
    for (const mutation of mutations) mutation?.(plan, pick)
  } catch (error) {
    if (error instanceof Inapplicable) fc.pre(false)
    throw error
  }
  return plan
}

describe('random changes to recorded plans', () => {
  test('300 times: an effect changes the fingerprint, whatever noise is about, and the comparison names it', () => {
    fc.assert(
      fc.property(anyPlan, anyOf(EFFECTS), anyOf(NOISE), fc.boolean(), anySeed, (name, effect, noise, noisy, seed) => {
        const plan = mutated(name, [EFFECTS[effect], ...(noisy ? [NOISE[noise]] : [])], picker(seed))
        expect(fingerprint(plan)).not.toBe(prints[name])
        expect(comparePlans(reviewed[name], canonicalOf(plan))).not.toEqual([])
      }),
      { numRuns: 300, maxSkipsPerRun: 100 },
    )
  })

  test('300 times: noise leaves the fingerprint, and the comparison finds nothing', () => {
    fc.assert(
      fc.property(anyPlan, fc.array(anyOf(NOISE), { minLength: 1, maxLength: 3 }), anySeed, (name, noises, seed) => {
        const plan = mutated(
          name,
          noises.map((noise) => NOISE[noise]),
          picker(seed),
        )
        expect(fingerprint(plan)).toBe(prints[name])
        expect(comparePlans(reviewed[name], canonicalOf(plan))).toEqual([])
      }),
      { numRuns: 300, maxSkipsPerRun: 100 },
    )
  })

  const seeds = Array.from({ length: 3 }, (_, seed) => seed)
  const outcomes = (mutation: Mutation | undefined): boolean[] =>
    RECORDED.flatMap((name) =>
      seeds.flatMap((seed) => {
        const plan = recordedPlan(name)
        try {
          mutation?.(plan, picker(seed))
        } catch (error) {
          if (error instanceof Inapplicable) return []
          throw error
        }
        return [fingerprint(plan) === prints[name]]
      }),
    )

  test.each(Object.keys(EFFECTS))('effect: %s', (effect) => {
    expect(new Set(outcomes(EFFECTS[effect]))).toEqual(new Set([false]))
  })

  test.each(Object.keys(NOISE))('noise: %s', (noise) => {
    expect(new Set(outcomes(NOISE[noise]))).toEqual(new Set([true]))
  })
})

describe('keys', () => {
  const textWith = (key: Uint8Array | undefined, plan: Plan): string =>
    JSON.stringify(canonicalPlan(plan, { ...options, key }))

  test.each(RECORDED)(
    'nothing that %s marks as sensitive stands in the canonical plan, with a key or without',
    (name) => {
      const plan = recordedPlan(name)
      const secrets = plantSecrets(plan)
      expect(secrets.length).toBeGreaterThan(2)
      for (const key of [keys.sensitive, undefined]) {
        const text = textWith(key, plan)
        expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
      }
    },
  )

  test('another key makes other digests and another fingerprint', () => {
    const other = deriveKeys('another-key-of-the-tests-0123456789abc')
    const digests = (text: string) => new Set(text.match(/[0-9a-f]{64}/g))
    const ours = digests(textWith(keys.sensitive, recordedPlan('changes')))
    expect(ours.size).toBeGreaterThan(8)
    const theirs = digests(textWith(other.sensitive, recordedPlan('changes')))
    expect([...ours].filter((digest) => theirs.has(digest))).toEqual([])
    const canonical = canonicalOf(recordedPlan('changes'))
    expect(fingerprintOf(canonical, other.fingerprint)).not.toBe(fingerprintOf(canonical, keys.fingerprint))
    expect(fingerprintOf(canonical, undefined)).not.toBe(fingerprintOf(canonical, keys.fingerprint))
  })

  test('the same plan by another program is another fingerprint', () => {
    const byTofu = canonicalPlan(recordedPlan('changes'), { ...options, tool: 'OpenTofu' })
    expect(fingerprintOf(byTofu, keys.fingerprint)).not.toBe(fingerprint(recordedPlan('changes')))
  })

  test('another secret is another fingerprint with a key, and the same one without', () => {
    const withSecret = (secret: string): Plan => readPlan(recordedText('changes').replaceAll('second-password', secret))
    const without = (plan: Plan) => fingerprintOf(canonicalPlan(plan, { ...options, key: undefined }), undefined)
    expect(fingerprint(withSecret('one'))).not.toBe(fingerprint(withSecret('two')))
    expect(without(withSecret('one'))).toBe(without(withSecret('two')))
  })

  test('equal secrets have equal digests, so that a reader of two plans sees that nothing moved', () => {
    const { resources } = canonicalOf(recordedPlan('changes'))
    const app = resources['terraform_data.app']?.after['input'] as { password: unknown }
    const created = resources['terraform_data.created["x"]']?.after['input'] as { nested: { secret: unknown } }
    expect(app.password).toEqual({ $sensitive: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(created.nested.secret).toEqual(app.password)
  })
})

describe('not-compared', () => {
  const ignoring = (...globs: string[]) => ({ ...options, notCompared: matcher(globs) })
  const change = (plan: Plan, address: string, edit: (input: Record<string, unknown>) => void): Plan => {
    for (const resource of plan.resource_changes ?? []) {
      if (resource.address === address) edit((resource.change.after as { input: Record<string, unknown> }).input)
    }
    return plan
  }
  const resized = () =>
    change(recordedPlan('changes'), 'terraform_data.app', (input) => Object.assign(input, { size: 'other' }))

  test.each(['terraform_data.app.input.size', 'terraform_data.app.input', '*.size', 'terraform_data.a?p.input.*'])(
    '%s leaves the attribute out, and it alone',
    (glob) => {
      const ours = ignoring(glob)
      expect(canonicalPlan(resized(), ours)).toEqual(canonicalPlan(recordedPlan('changes'), ours))
      const other = change(recordedPlan('changes'), 'terraform_data.created["x"]', (input) =>
        Object.assign(input, { list: ['changed'] }),
      )
      expect(canonicalPlan(other, ours)).not.toEqual(canonicalPlan(recordedPlan('changes'), ours))
    },
  )

  test.each(['terraform_data.app', 'terraform_data.app.input.siz', 'size', ''])('%s leaves nothing out', (glob) => {
    const ours = ignoring(glob)
    expect(canonicalPlan(resized(), ours)).not.toEqual(canonicalPlan(recordedPlan('changes'), ours))
  })

  test('an output goes by output.<name>.value', () => {
    const plan = recordedPlan('changes')
    const size = plan.output_changes?.['size']
    if (size) size.after = 'other'
    const ours = ignoring('output.size.value')
    expect(canonicalPlan(plan, ours)).toEqual(canonicalPlan(recordedPlan('changes'), ours))
    expect(canonicalPlan(plan, options)).not.toEqual(canonicalOf(recordedPlan('changes')))
  })
})

test('digits that a double would lose count', () => {
  const plan = (digits: string): Plan => {
    return readPlan(recordedText('changes').replaceAll('12345678901234567891', digits))
  }
  expect(fingerprint(plan('12345678901234567892'))).not.toBe(fingerprint(plan('12345678901234567893')))
  const exact = canonicalOf(recordedPlan('changes')).resources['terraform_data.exact']
  expect(exact?.before['input']).toEqual(expect.objectContaining({ $number: '12345678901234567890' }))
  expect(exact?.after['input']).toEqual(expect.objectContaining({ $number: '12345678901234567891' }))
})

test('a plan of a Terraform without "complete" is as good as one that says true', () => {
  const plan = recordedPlan('destroy')
  delete plan.complete
  expect(fingerprint(plan)).toBe(prints['destroy'])
})

test('an attribute or key with an inherited name is a name like any other', () => {
  const withNames = (value: string): Plan => {
    const plan = recordedPlan('changes')
    const app = plan.resource_changes?.find(({ address }) => address === 'terraform_data.app')
    const hostile = JSON.parse(`{"__proto__":"${value}","constructor":"${value}"}`) as Record<string, string>
    if (app) app.change.after = { ...(app.change.after as object), ...hostile }
    return plan
  }
  expect(fingerprint(withNames('one'))).not.toBe(fingerprint(withNames('two')))
})
