import { expect, test } from '@jest/globals'
import { keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import { isBelieved, seal, sealKeyFrom } from './seal.ts'

const key = 'a key of at least thirty-two characters'
const app = { app: 'shop', namespace: 'prod', sealKey: sealKeyFrom(key) }

const sealed = (annotations: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'x', annotations },
})

test('what is kept is believed by whoever has the key, for the same app, part and content', () => {
  const secret = sealed(seal(app, 'snapshot', 'content'))
  expect(isBelieved(secret, app, 'snapshot', 'content')).toBe(true)
  expect(isBelieved(secret, app, 'snapshot', 'other')).toBe(false)
  expect(isBelieved(secret, app, 'revision', 'content')).toBe(false)
  expect(isBelieved(secret, { ...app, namespace: 'staging' }, 'snapshot', 'content')).toBe(false)
  expect(isBelieved(secret, { ...app, app: 'other' }, 'snapshot', 'content')).toBe(false)
  expect(isBelieved(secret, { ...app, sealKey: sealKeyFrom(`${key}.`) }, 'snapshot', 'content')).toBe(false)
  expect(isBelieved(sealed({}), app, 'snapshot', 'content')).toBe(false)
})

test('without a key everything is believed, and nothing sealed', () => {
  const { sealKey: _, ...unkeyed } = app
  expect(seal(unkeyed, 'snapshot', 'content')).toEqual({})
  expect(isBelieved(sealed({}), unkeyed, 'snapshot', 'content')).toBe(true)
})

test('no digest of a Secret’s value, which whoever sets that value can read, is a seal', () => {
  const content = JSON.stringify(['snapshot', 'shop', 'prod', 'content'])
  const digest = keyedDigest(Buffer.from(key), content)
  expect(isBelieved(sealed({ 'ondol.dev/seal': digest }), app, 'snapshot', 'content')).toBe(false)
})
