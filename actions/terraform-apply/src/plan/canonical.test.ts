import { describe, expect, test } from '@jest/globals'
import { matcher } from './address.ts'
import { canonicalPlan, fingerprintOf } from './canonical.ts'
import type { Change, Json, Plan, ResourceChange } from './format.ts'

/** What the recorded plans have no example of. */
const planOf = (change: Change, more: Partial<ResourceChange> = {}): Plan => ({
  format_version: '1.2',
  configuration: {},
  resource_changes: [
    { address: 'example_server.web', mode: 'managed', type: 'example_server', name: 'web', ...more, change },
  ],
})
const fingerprint = (change: Change): string =>
  fingerprintOf(
    canonicalPlan(planOf(change), {
      tool: 'Terraform',
      providers: {},
      key: Buffer.alloc(32, 1),
      notCompared: () => false,
    }),
    undefined,
  )
const update = (before: Json, after: Json, more: Partial<Change> = {}): Change => ({
  actions: ['update'],
  before,
  after,
  ...more,
})

describe('an update', () => {
  test('is one of the object that has this id', () => {
    const resize = (id: string) => update({ id, size: 1 }, { id, size: 2 })
    expect(fingerprint(resize('i-1'))).not.toBe(fingerprint(resize('i-2')))
  })

  test('has nothing to do with attributes that stay', () => {
    const resize = (name: string) => update({ id: 'i-1', name, size: 1 }, { id: 'i-1', name, size: 2 })
    expect(fingerprint(resize('one'))).toBe(fingerprint(resize('two')))
  })

  test('touches an attribute of which a part is unknown, though the rest stays', () => {
    const tagged = (team: string) =>
      update({ id: 'i-1', tags: { team } }, { id: 'i-1', tags: { team } }, { after_unknown: { tags: { at: true } } })
    expect(fingerprint(tagged('one'))).not.toBe(fingerprint(tagged('two')))
    expect(fingerprint(tagged('one'))).not.toBe(fingerprint({ ...tagged('one'), after_unknown: {} }))
  })
})

describe('the paths that force a replacement', () => {
  const replaced = (...paths: (string | number)[][]): Change => ({
    actions: ['delete', 'create'],
    before: { a: 1, b: [1] },
    after: { a: 2, b: [2] },
    replace_paths: paths,
  })

  test('are a set', () => {
    expect(fingerprint(replaced(['a'], ['b', 0]))).toBe(fingerprint(replaced(['b', 0], ['a'])))
    expect(fingerprint(replaced())).toBe(fingerprint({ ...replaced(), replace_paths: undefined } as unknown as Change))
  })

  test('are told apart step by step', () => {
    expect(fingerprint(replaced(['b', 0]))).not.toBe(fingerprint(replaced(['b', '0'])))
    expect(fingerprint(replaced(['b', 0]))).not.toBe(fingerprint(replaced(['b'], [0])))
  })
})

describe('a data source that a provider is set by', () => {
  const ADDRESS = 'data.example_token.one'
  const fingerprintWith = (values: Json, globs: string[] = []): string => {
    const plan: Plan = {
      ...planOf({ actions: ['create'], before: null, after: { size: 1 } }),
      configuration: {
        provider_config: { example: { name: 'example', expressions: { token: { references: [`${ADDRESS}.token`] } } } },
      },
      prior_state: { values: { root_module: { resources: [{ address: ADDRESS, mode: 'data', values }] } } },
    }
    const options = { tool: 'Terraform', providers: {}, key: Buffer.alloc(32, 1), notCompared: matcher(globs) }
    return fingerprintOf(canonicalPlan(plan, options), undefined)
  }

  test('counts with its values', () => {
    expect(fingerprintWith({ host: 'a', token: 'one' })).not.toBe(fingerprintWith({ host: 'a', token: 'two' }))
  })

  test('may make a value anew at each read, and that one alone is left out', () => {
    const globs = [`${ADDRESS}.token`]
    expect(fingerprintWith({ host: 'a', token: 'one' }, globs)).toBe(
      fingerprintWith({ host: 'a', token: 'two' }, globs),
    )
    expect(fingerprintWith({ host: 'a', token: 'one' }, globs)).not.toBe(
      fingerprintWith({ host: 'b', token: 'one' }, globs),
    )
  })

  test('may bring a sensitive token, which is a credential and no effect', () => {
    const withToken = (token: string, host: string) => {
      const plan: Plan = {
        ...planOf({ actions: ['create'], before: null, after: { size: 1 } }),
        configuration: {
          provider_config: {
            example: { name: 'example', expressions: { token: { references: [`${ADDRESS}.token`] } } },
          },
        },
        prior_state: {
          values: {
            root_module: {
              resources: [
                { address: ADDRESS, mode: 'data', values: { host, token }, sensitive_values: { token: true } },
              ],
            },
          },
        },
      }
      return fingerprintOf(
        canonicalPlan(plan, { tool: 'Terraform', providers: {}, key: Buffer.alloc(32, 1), notCompared: () => false }),
        undefined,
      )
    }
    expect(withToken('one', 'a')).toBe(withToken('two', 'a'))
    expect(withToken('one', 'a')).not.toBe(withToken('one', 'b'))
  })
})
