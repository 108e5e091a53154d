import { describe, expect, test } from '@jest/globals'
import type { KubeObject, ManagedFields } from '../kube/objects.ts'
import { ourNames, restoredOwners, sameOwners } from './owners.ts'

const entry = (manager: string, fieldsV1: Record<string, unknown>, more: ManagedFields = {}): ManagedFields => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  fieldsV1,
  ...more,
})
const applied = (fieldsV1: Record<string, unknown>) => entry('deployer', fieldsV1, { operation: 'Apply' })
const object = (...managedFields: ManagedFields[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x', managedFields },
})
const us = ourNames('deployer')

describe('restoredOwners', () => {
  test('we own what we owned, and others what they own now and what we took', () => {
    const before = object(
      applied({ 'f:a': {}, 'f:b': {} }),
      entry('scaler', { 'f:c': {} }),
      entry('gone', { 'f:d': {} }),
    )
    const live = object(
      applied({ 'f:a': {} }),
      entry('ondol', { 'f:b': {}, 'f:c': {}, 'f:d': {} }),
      entry('scaler', { 'f:e': {} }),
      entry('controller', { 'f:status': {} }, { subresource: 'status' }),
    )
    expect(restoredOwners(before, live, us, [])).toEqual([
      applied({ 'f:a': {}, 'f:b': {} }),
      entry('scaler', { 'f:c': {}, 'f:e': {} }),
      entry('controller', { 'f:status': {} }, { subresource: 'status' }),
      entry('gone', { 'f:d': {} }),
    ])
  })

  test('what others have changed since is no longer ours, and what they gave up not theirs', () => {
    const before = object(applied({ 'f:a': {}, 'f:b': {} }), entry('other', { 'f:c': {} }))
    const live = object(applied({ 'f:a': {} }), entry('scaler', { 'f:b': {} }))
    expect(restoredOwners(before, live, us, [['f:b']])).toEqual([
      applied({ 'f:a': {} }),
      entry('scaler', { 'f:b': {} }),
    ])
  })

  test('whom nothing is left to own has no entry', () => {
    const before = object(applied({ 'f:a': {} }))
    expect(restoredOwners(before, object(entry('scaler', { 'f:a': {} })), us, [['f:a']])).toEqual([
      entry('scaler', { 'f:a': {} }),
    ])
  })
})

test.each<[string, ManagedFields[], ManagedFields[], boolean]>([
  ['other times', [entry('a', { 'f:x': {} }, { time: '1' })], [entry('a', { 'f:x': {} }, { time: '2' })], true],
  ['another order', [entry('a', { 'f:x': {} }), entry('b', {})], [entry('b', {}), entry('a', { 'f:x': {} })], true],
  ['other fields', [entry('a', { 'f:x': {} })], [entry('a', { 'f:y': {} })], false],
  ['another operation', [applied({ 'f:x': {} })], [entry('deployer', { 'f:x': {} })], false],
  ['one more', [entry('a', {})], [entry('a', {}), entry('b', {})], false],
])('%s: the same owners? %#', (_, one, other, expected) => {
  expect(sameOwners(one, other)).toBe(expected)
})
