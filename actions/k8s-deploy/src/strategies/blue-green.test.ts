import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { activeSide, forSide, otherSide, rolesOf, withoutSide } from './blue-green.ts'

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
}

const manifest = (kind: string, name: string, spec: object, namespace = 'shop'): Manifest => ({
  object: {
    apiVersion: API_VERSIONS[kind] ?? 'v1',
    kind,
    metadata: { name, namespace },
    spec,
  },
  source: { file: 'k8s/all.yaml', document: 1, line: 1 },
})

const workload = (kind: string, name: string, labels: Record<string, string>, more: object = {}): Manifest =>
  manifest(kind, name, { ...more, selector: { matchLabels: labels }, template: { metadata: { labels } } })

const service = (name: string, selector: Record<string, string> | undefined, namespace = 'shop'): Manifest =>
  manifest('Service', name, selector === undefined ? {} : { selector }, namespace)

const web = workload('Deployment', 'web', { app: 'web' })
const worker = workload('Deployment', 'worker', { app: 'worker' })
const front = service('front', { app: 'web' })
const config = manifest('ConfigMap', 'config', {})
const none = new Set<string>()

const found = (manifests: Manifest[], kind: string, name: string): KubeObject => {
  const match = manifests.find(({ object }) => object.kind === kind && object.metadata.name === name)
  if (match === undefined) throw new Error(`no ${kind} ${name}`)
  return match.object
}

describe('the set for a side', () => {
  const set = [config, web, worker, front]
  const sided = forSide(set, rolesOf(set, none), 'green')

  test('has the Deployment that a Service selects under the name of the side', () => {
    expect(found(sided, 'Deployment', 'web-green')['spec']).toEqual({
      selector: { matchLabels: { app: 'web', [names.track]: 'green' } },
      template: { metadata: { labels: { app: 'web', [names.track]: 'green' } } },
    })
  })

  test('has the Service select it', () => {
    expect(found(sided, 'Service', 'front')['spec']).toEqual({ selector: { app: 'web', [names.track]: 'green' } })
  })

  test('leaves what no Service selects as it is, in its order', () => {
    expect(sided.map(({ object }) => object.metadata.name)).toEqual(['config', 'web-green', 'worker', 'front'])
    expect(sided[0]).toBe(config)
    expect(sided[2]).toBe(worker)
  })

  test('is the set again without the side', () => {
    const labelled = { ...web, object: { ...web.object, metadata: { ...web.object.metadata, labels: { tier: 'x' } } } }
    const other = [config, labelled, worker, front]
    const back = forSide(other, rolesOf(other, none), 'blue').map(({ object }) => withoutSide(object))
    expect(back).toEqual(other.map(({ object }) => object))
  })
})

test('several Deployments behind one Service, and several Services of one, move together', () => {
  const api = workload('Deployment', 'api', { app: 'web', part: 'api' })
  const inner = service('inner', { app: 'web', part: 'api' })
  const set = [web, api, front, inner]
  expect(forSide(set, rolesOf(set, none), 'blue').map(({ object }) => object.metadata.name)).toEqual([
    'web-blue',
    'api-blue',
    'front',
    'inner',
  ])
})

test.each([
  ['a selector with another value', service('front', { app: 'other' })],
  ['a selector that asks for more', service('front', { app: 'web', tier: 'x' })],
  ['an empty selector', service('front', {})],
  ['no selector', service('front', undefined)],
  ['another namespace', service('front', { app: 'web' }, 'elsewhere')],
])('a Service with %s selects nothing here', (_, other) => {
  expect(() => rolesOf([web, other], none)).toThrow('no Service of the manifests selects')
})

test('what an autoscaler scales is refused', () => {
  const scaler = (target: object, namespace?: string): Manifest =>
    manifest('HorizontalPodAutoscaler', 'any', { scaleTargetRef: { kind: 'Deployment', ...target } }, namespace)
  const message =
    'An autoscaler scales Deployment `web`, which the strategy blue-green replaces by one of another name.'
  expect(() => rolesOf([web, front, scaler({ apiVersion: 'apps/v1', name: 'web' })], none)).toThrow(message)
  expect(() => rolesOf([web, front], new Set(['apps/Deployment/shop/web']))).toThrow(message)
  const others = [scaler({ name: 'worker' }), scaler({ name: 'web' }, 'elsewhere')]
  expect(() => rolesOf([web, worker, front, ...others], none)).not.toThrow()
})

test.each([
  [workload('Deployment', 'old', { app: 'web' }, { strategy: { type: 'Recreate' } }), 'has the strategy Recreate'],
  [workload('StatefulSet', 'old', { app: 'web' }), 'can have no sides'],
])('what a switched Service would lose is refused', (other, why) => {
  expect(() => rolesOf([web, front, other], none)).toThrow(why)
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
