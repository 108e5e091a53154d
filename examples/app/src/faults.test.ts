import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { failingShare } from './faults.ts'

test('of any number of requests exactly the share fails, from the first one on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 500 }), (percent, requests) => {
      const mustFail = failingShare(percent / 100)
      const failed = Array.from({ length: requests }, mustFail).filter(Boolean).length
      assert.equal(failed, Math.floor(requests * (percent / 100)))
    }),
  )
})
