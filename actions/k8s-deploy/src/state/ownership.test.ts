import { describe, expect, test } from '@jest/globals'
import { isOwn, otherOwner } from './ownership.ts'

const us = { app: 'shop', namespace: 'prod' }

function object(app: string | undefined, home: string | undefined, more: object = {}) {
  const labels: Record<string, string> = app === undefined ? {} : { 'ondol.dev/app': app }
  const annotations: Record<string, string> = home === undefined ? {} : { 'ondol.dev/home': home }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels, annotations, ...more } }
}

describe('whose an object is', () => {
  test.each([
    ['deployed by this app', object('shop', 'prod'), true, undefined],
    [
      'of the whole cluster, by one of the same name elsewhere',
      object('shop', 'staging'),
      false,
      'the app `shop` in the namespace `staging`',
    ],
    ['in another namespace, deployed from here', object('shop', 'prod', { namespace: 'jobs' }), true, undefined],
    [
      'here, by another app',
      object('other', 'prod', { namespace: 'prod' }),
      false,
      'the app `other` in the namespace `prod`',
    ],
    ['here, of unsaid home', object('shop', undefined, { namespace: 'prod' }), true, undefined],
    ['elsewhere, of unsaid home', object('shop', undefined, { namespace: 'jobs' }), false, undefined],
    ['nobody’s', object(undefined, undefined, { namespace: 'prod' }), false, undefined],
    ['of a home that is no name', object('other', '`x`'), false, 'the app `other`'],
  ])('%s', (_, live, own, owner) => {
    expect(isOwn(live, us)).toBe(own)
    expect(otherOwner(live, us)).toBe(owner)
  })

  test('what the action keeps for itself is nobody’s to prune', () => {
    const live = object('shop', 'prod', {
      namespace: 'prod',
      labels: { 'ondol.dev/app': 'shop', 'ondol.dev/part': 'lock' },
    })
    expect(isOwn(live, us)).toBe(false)
  })
})
