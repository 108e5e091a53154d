import { expect, test } from '@jest/globals'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { seal } from '../../../../lib/crypto/sealed.ts'
import { deriveKeys } from '../keys.ts'
import { openBundle } from './bundle.ts'

/** Forgeries by somebody who holds the key: they open as bundles or not at all, whatever hides where. */
const { bundle: key } = deriveKeys('plan-key-of-the-tests-0123456789abcdef')
const BINDING = {
  repositoryId: 7,
  pullRequest: 12,
  headSha: 'a'.repeat(40),
  root: 'prod',
  directory: 'infra',
  workspace: 'default',
  runId: 88,
}
const change = { facts: { actions: ['create'] }, before: {}, after: {}, unknown: {} }
const bundleWith = (canonical: object, more: object = {}) => ({
  version: 1,
  kind: 'reviewed',
  plannedAt: '2026-01-01T00:00:00.000Z',
  canonical: {
    version: 1,
    tool: { name: 'Terraform', version: '1.11.4', providers: {} },
    resources: {},
    outputs: {},
    provisioners: {},
    digests: {},
    checks: [],
    ...canonical,
  },
  closure: { digest: '', files: {} },
  ...more,
})
const opening = (bundle: object) => () => openBundle(key, seal(key, canonicalJson(bundle), BINDING), BINDING)

test('a resource is checked also where an output has its name', () => {
  expect(opening(bundleWith({ resources: { size: change }, outputs: { size: change } }))).not.toThrow()
  expect(opening(bundleWith({ resources: { size: 1 }, outputs: { size: change } }))).toThrow(
    expect.objectContaining({ reason: 'plan-tampered' }),
  )
})

test.each([[5], [['2026-01-01']], [null], [{}], ['yesterday'], ['']])('a time that is %j', (plannedAt) => {
  expect(opening(bundleWith({}, { plannedAt }))).toThrow(expect.objectContaining({ reason: 'plan-tampered' }))
})
