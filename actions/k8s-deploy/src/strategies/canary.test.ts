import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { answersFor, canaryOf } from './canary.ts'
import { parseCanary } from './canary-steps.ts'
import { withoutTrack } from './deployment.ts'

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { tier: 'front' } },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web', release: 'two' }, annotations: { note: 'x' } },
      spec: { containers: [{ name: 'web', image: 'web:2' }] },
    },
  },
}

test('a canary is a Deployment of its own whose pods the same Services select', () => {
  expect(canaryOf(web, 4, 50)).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web-canary', namespace: 'shop', labels: { tier: 'front', [names.track]: 'canary' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web', [names.track]: 'canary' } },
      template: {
        metadata: {
          labels: { app: 'web', release: 'two', [names.track]: 'canary' },
          annotations: { note: 'x' },
        },
        spec: { containers: [{ name: 'web', image: 'web:2' }] },
      },
    },
  })
})

test('without its track it is what it was made of', () => {
  expect(withoutTrack(canaryOf(web, 4, 99))).toEqual(web)
  expect(withoutTrack(web)).toBe(web)
})

test.each([
  [10, 10, 1],
  [10, 1, 1],
  [3, 50, 2],
  [100, 33, 33],
])('of %i replicas, %i percent is %i', (replicas, percent, expected) => {
  expect(canaryOf(web, replicas, percent)['spec']).toMatchObject({ replicas: expected })
})

test('so many answers in a row find a wrong canary with a chance of 99 percent, and no fewer do', () => {
  /** All right at first, or one wrong and then all right. */
  const passes = (share: number, answers: number): number => {
    const allRight = (1 - share) ** answers
    return allRight + (1 - allRight) * allRight
  }
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.99, noNaN: true }), (share) => {
      const answers = answersFor(share)
      expect(passes(share, answers)).toBeLessThanOrEqual(0.01)
      if (answers > 1) expect(passes(share, answers - 1)).toBeGreaterThan(0.0099)
    }),
  )
  expect([1 / 11, 1 / 3, 1 / 2].map(answersFor)).toEqual([56, 14, 8])
})

test.each([
  ['10%,50% pause 1m', [10, 50], 60_000],
  ['25%', [25], 0],
  ['5% , 20%,  99% pause 90s', [5, 20, 99], 90_000],
  ['1% pause 2h', [1], 7_200_000],
])('%s', (text, percents, pauseMs) => {
  expect(parseCanary(text)).toEqual(percents.map((percent) => ({ percent, pauseMs })))
})

test.each(['', '0%', '100%', '50%,10%', '10%,10%', '10', 'ten%', '10% pause', '10% pause 1d', '10%;50%'])(
  '%j is refused',
  (text) => {
    expect(() => parseCanary(text)).toThrow('The input canary is')
  },
)
