import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { activeSide, forSide, otherSide, servicesOf } from './blue-green.ts'

const manifest = (kind: string, name: string, spec: object, namespace = 'shop'): Manifest => ({
  object: {
    apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
    kind,
    metadata: { name, namespace },
    spec,
  },
  source: { file: 'k8s/all.yaml', document: 1, line: 1 },
})

const deployment = (name: string, labels: Record<string, string>): Manifest =>
  manifest('Deployment', name, { selector: { matchLabels: labels }, template: { metadata: { labels } } })

const service = (name: string, selector: Record<string, string> | undefined, namespace = 'shop'): Manifest =>
  manifest('Service', name, selector === undefined ? {} : { selector }, namespace)

const web = deployment('web', { app: 'web' })
const worker = deployment('worker', { app: 'worker' })
const front = service('front', { app: 'web' })
const config = manifest('ConfigMap', 'config', {})

const found = (manifests: Manifest[], kind: string, name: string): KubeObject => {
  const match = manifests.find(({ object }) => object.kind === kind && object.metadata.name === name)
  if (match === undefined) throw new Error(`no ${kind} ${name}`)
  return match.object
}

describe('the set for a side', () => {
  const sided = forSide([config, web, worker, front], 'green')

  test('has the Deployment that a Service selects under the name of the side', () => {
    expect(found(sided.manifests, 'Deployment', 'web-green')['spec']).toEqual({
      selector: { matchLabels: { app: 'web', [names.track]: 'green' } },
      template: { metadata: { labels: { app: 'web', [names.track]: 'green' } } },
    })
  })

  test('has the Service select it', () => {
    expect(found(sided.manifests, 'Service', 'front')['spec']).toEqual({
      selector: { app: 'web', [names.track]: 'green' },
    })
    expect([...sided.services]).toEqual(['/Service/shop/front'])
  })

  test('leaves what no Service selects as it is, in its order', () => {
    expect(sided.manifests.map(({ object }) => object.metadata.name)).toEqual([
      'config',
      'web-green',
      'worker',
      'front',
    ])
    expect(sided.manifests[0]).toBe(config)
    expect(sided.manifests[2]).toBe(worker)
  })

  test('names what it takes the place of', () => {
    expect(sided.others.map(({ kind, namespace, name }) => [kind, namespace, name])).toEqual([
      ['Deployment', 'shop', 'web-blue'],
      ['Deployment', 'shop', 'web'],
    ])
  })
})

test.each([
  ['a selector with another value', service('front', { app: 'other' })],
  ['a selector that asks for more', service('front', { app: 'web', tier: 'x' })],
  ['an empty selector', service('front', {})],
  ['no selector', service('front', undefined)],
  ['another namespace', service('front', { app: 'web' }, 'elsewhere')],
])('a Service with %s selects nothing here', (_, other) => {
  expect(servicesOf([web, other])).toEqual([])
  expect(() => forSide([web, other], 'blue')).toThrow('no Service of the manifests selects')
})

test('what an autoscaler scales is refused', () => {
  const scaler = manifest('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { kind: 'Deployment', name: 'web' } })
  expect(() => forSide([web, front, scaler], 'blue')).toThrow(
    'HorizontalPodAutoscaler `web` scales Deployment `web`, which the strategy blue-green replaces by one of another name.',
  )
  const other = manifest('HorizontalPodAutoscaler', 'w', { scaleTargetRef: { kind: 'Deployment', name: 'worker' } })
  expect(() => forSide([web, worker, front, other], 'blue')).not.toThrow()
})

test('the active side is what the live Service selects', () => {
  expect(activeSide([])).toBeUndefined()
  expect(activeSide([undefined, front.object])).toBeUndefined()
  expect(activeSide([front.object, service('x', { [names.track]: 'green' }).object])).toBe('green')
  expect([undefined, 'green', 'blue'].map((side) => otherSide(side as 'blue' | 'green' | undefined))).toEqual([
    'blue',
    'blue',
    'green',
  ])
})
