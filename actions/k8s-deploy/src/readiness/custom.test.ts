import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { conventions, crossplaneGroups, crossplaneRule, customRules, silenceMs } from './custom-rules.ts'

const deployedAt = new Date('2026-11-25T12:00:00.000Z')
const inMs = (ms: number) => new Date(deployedAt.getTime() + ms)

function custom(apiVersion: string, kind: string, status?: unknown, metadata = {}): KubeObject {
  const created = { name: 'web', creationTimestamp: '2026-11-25T12:00:00Z', generation: 2 }
  return { apiVersion, kind, metadata: { ...created, ...metadata }, ...(status === undefined ? {} : { status }) }
}

const verdictOf = (object: KubeObject, now = inMs(0)) =>
  assess(object, { pods: [], events: [], replicaSets: [], now, deployedAt })
const words = (object: KubeObject, now?: Date) => {
  const { state, reason } = verdictOf(object, now)
  return `${state} ${reason}`
}
const condition = (type: string, status: string, more = {}) => ({ type, status, ...more })
const widget = (...conditions: unknown[]) => custom('example.org/v1', 'Widget', { conditions })

describe('by the conventions of kstatus', () => {
  test.each([
    ['Ready True', widget(condition('Ready', 'True')), 'ready ready'],
    ['Ready False', widget(condition('Ready', 'False')), 'in-progress waiting-for-conditions'],
    ['Ready Unknown', widget(condition('Ready', 'Unknown')), 'in-progress waiting-for-conditions'],
    ['Ready without a status', widget({ type: 'Ready' }), 'in-progress waiting-for-conditions'],
    ['Available True', widget(condition('Available', 'True')), 'ready ready'],
    ['Available False', widget(condition('Available', 'False')), 'in-progress waiting-for-conditions'],
    ['Ready before Available', widget(condition('Available', 'False'), condition('Ready', 'True')), 'ready ready'],
    ['neither', widget(condition('Synced', 'False')), 'ready ready'],
    [
      'Reconciling',
      widget(condition('Ready', 'True'), condition('Reconciling', 'True')),
      'in-progress waiting-for-conditions',
    ],
    ['not Reconciling', widget(condition('Ready', 'True'), condition('Reconciling', 'False')), 'ready ready'],
    ['Stalled', widget(condition('Ready', 'False'), condition('Stalled', 'True')), 'failed resource-failed'],
    ['not Stalled', widget(condition('Ready', 'True'), condition('Stalled', 'False')), 'ready ready'],
    ['Failed', widget(condition('Failed', 'True')), 'failed resource-failed'],
    ['conditions that are none', custom('example.org/v1', 'Widget', { conditions: 'x' }), 'ready ready'],
  ])('%s', (_, object, expected) => {
    expect(words(object)).toBe(expected)
  })

  test('an older generation is not judged, as a whole or by a condition', () => {
    const conditions = [condition('Stalled', 'True')]
    expect(words(custom('example.org/v1', 'Widget', { observedGeneration: 1, conditions }))).toBe(
      'in-progress not-observed',
    )
    expect(words(widget(condition('Stalled', 'True', { observedGeneration: 1 })))).toBe('ready ready')
    expect(words(widget(condition('Stalled', 'True', { observedGeneration: 2 })))).toBe('failed resource-failed')
  })

  test('tells what the controller says', () => {
    expect(verdictOf(widget(condition('Ready', 'False', { message: 'still\nworking' }))).message).toBe(
      'Widget `web` is not Ready yet: still working.',
    )
    expect(verdictOf(widget(condition('Ready', 'False'))).message).toBe('Widget `web` is not Ready yet.')
    expect(verdictOf(widget(condition('Reconciling', 'True'))).message).toBe('Widget `web` is being reconciled.')
    expect(verdictOf(widget(condition('Stalled', 'True', { reason: 'BadSpec', message: 'no size' })))).toEqual({
      state: 'failed',
      reason: 'resource-failed',
      message: 'Widget `web`: its condition Stalled is True (BadSpec: no size).',
      remedy: 'Look at what its controller says about it.',
    })
    expect(verdictOf(widget(condition('Stalled', 'True'))).message).toBe('Widget `web`: its condition Stalled is True.')
  })

  test('a status, even an empty one, ends the silence', () => {
    expect(words(custom('example.org/v1', 'Widget'), inMs(silenceMs - 1))).toBe('in-progress no-status')
    expect(words(custom('example.org/v1', 'Widget'), inMs(silenceMs))).toBe('ready ready')
    expect(words(custom('example.org/v1', 'Widget', {}))).toBe('ready ready')
    const undated = custom('example.org/v1', 'Widget', undefined, { creationTimestamp: undefined })
    expect(words(undated, inMs(silenceMs - 1))).toBe('in-progress no-status')
    const old = custom('example.org/v1', 'Widget', undefined, { creationTimestamp: '2026-11-20T12:00:00Z' })
    expect(words(old)).toBe('ready ready')
  })
})

describe('by the rule of the kind', () => {
  const failing = (apiVersion: string, kind: string, type: string, more = {}) =>
    custom(apiVersion, kind, {
      conditions: [condition(type, 'False', { lastTransitionTime: '2026-11-25T12:00:00Z', ...more })],
    })

  const lasting: [string, string, string, number][] = [
    ['cert-manager.io/v1', 'Issuer', 'Ready', 60_000],
    ['cert-manager.io/v1', 'ClusterIssuer', 'Ready', 60_000],
    ['serving.knative.dev/v1', 'Service', 'Ready', 0],
    ['external-secrets.io/v1', 'ExternalSecret', 'Ready', 60_000],
    ['gateway.networking.k8s.io/v1', 'Gateway', 'Accepted', 30_000],
    ['s3.aws.crossplane.io/v1', 'Bucket', 'Synced', 60_000],
    ['crossplane.io/v1', 'Thing', 'Synced', 60_000],
    ['s3.aws.upbound.io/v1', 'Bucket', 'Synced', 60_000],
  ]

  test.each(lasting)('%s %s: %s False fails after %d ms', (apiVersion, kind, type, graceMs) => {
    const object = failing(apiVersion, kind, type)
    expect(words(object, inMs(graceMs - 1))).toBe('in-progress waiting-for-conditions')
    expect(words(object, inMs(graceMs))).toBe('failed resource-failed')
    const older = failing(apiVersion, kind, type, { lastTransitionTime: '2026-11-01T12:00:00Z' })
    expect(words(older, inMs(graceMs - 1))).toBe('in-progress waiting-for-conditions')
    const undated = failing(apiVersion, kind, type, { lastTransitionTime: undefined })
    expect(words(undated, inMs(graceMs - 1))).toBe('in-progress waiting-for-conditions')
    expect(words(undated, inMs(graceMs))).toBe('failed resource-failed')
  })

  test.each([
    ['cert-manager.io/v1', 'Certificate', ['Ready']],
    ['cert-manager.io/v1', 'Issuer', ['Ready']],
    ['cert-manager.io/v1', 'ClusterIssuer', ['Ready']],
    ['serving.knative.dev/v1', 'Service', ['Ready']],
    ['external-secrets.io/v1beta1', 'ExternalSecret', ['Ready']],
    ['gateway.networking.k8s.io/v1', 'Gateway', ['Accepted', 'Programmed']],
    ['s3.aws.crossplane.io/v1', 'Bucket', ['Synced', 'Ready']],
  ])('%s %s is ready with %j', (apiVersion, kind, types) => {
    const all = types.map((type) => condition(type, 'True'))
    expect(words(custom(apiVersion, kind, { conditions: all }))).toBe('ready ready')
    for (const missing of types.slice(apiVersion.includes('crossplane') ? 1 : 0)) {
      const conditions = all.filter(({ type }) => type !== missing)
      expect(verdictOf(custom(apiVersion, kind, { conditions }))).toMatchObject({
        state: 'in-progress',
        message: `${kind} \`web\` is not ${missing} yet.`,
      })
    }
    if (!apiVersion.includes('crossplane'))
      expect(words(custom(apiVersion, kind), inMs(600_000))).toContain('in-progress')
  })

  test('the same kind of another group, or another kind of the group, keeps to the conventions', () => {
    expect(words(failing('example.org/v1', 'Issuer', 'Ready'), inMs(600_000))).toBe(
      'in-progress waiting-for-conditions',
    )
    expect(words(failing('cert-manager.io/v1', 'Order', 'Ready'), inMs(600_000))).toBe(
      'in-progress waiting-for-conditions',
    )
    expect(words(failing('notcrossplane.io/v1', 'Bucket', 'Synced'), inMs(600_000))).toBe('ready ready')
    expect(words(failing('crossplane.io.example.org/v1', 'Bucket', 'Synced'), inMs(600_000))).toBe('ready ready')
  })

  test('a part of Crossplane itself has no Synced', () => {
    const provider = custom('pkg.crossplane.io/v1', 'Provider', { conditions: [condition('Healthy', 'True')] })
    expect(words(provider)).toBe('ready ready')
  })

  test('a Certificate fails when its issuer refuses, not while it is issued', () => {
    const certificate = (reason: string) =>
      custom('cert-manager.io/v1', 'Certificate', { conditions: [condition('Issuing', 'False', { reason })] })
    expect(words(certificate('Failed'))).toBe('failed resource-failed')
    expect(words(certificate('Issued'))).toBe('in-progress waiting-for-conditions')
  })

  test('a Rollout tells by its phase', () => {
    const rollout = (status?: unknown) => custom('argoproj.io/v1alpha1', 'Rollout', status)
    expect(words(rollout({ phase: 'Healthy', observedGeneration: '2' }))).toBe('ready ready')
    expect(words(rollout({ phase: 'Healthy', observedGeneration: '1' }))).toBe('in-progress not-observed')
    expect(verdictOf(rollout({ phase: 'Degraded', message: 'aborted' }))).toMatchObject({
      state: 'failed',
      reason: 'resource-failed',
      message: 'Rollout `web`: is Degraded: aborted.',
    })
    expect(verdictOf(rollout({ phase: 'Degraded' })).message).toBe('Rollout `web`: is Degraded.')
    expect(verdictOf(rollout({ phase: 'Paused' }))).toMatchObject({
      reason: 'waiting-for-phase',
      message: 'Rollout `web` is Paused.',
    })
    expect(verdictOf(rollout()).message).toBe('Rollout `web` has no status yet.')
  })

  test('an HTTPRoute has to be accepted by each of its parents', () => {
    const parent = (accepted: string, resolved: string) => ({
      conditions: [condition('Accepted', accepted), condition('ResolvedRefs', resolved)],
    })
    const route = (...parents: unknown[]) => custom('gateway.networking.k8s.io/v1', 'HTTPRoute', { parents })
    expect(words(route(parent('True', 'True'), parent('True', 'True')))).toBe('ready ready')
    expect(words(route(parent('True', 'True'), parent('False', 'True')))).toBe('in-progress waiting-for-conditions')
    expect(words(route(parent('True', 'False')), inMs(29_999))).toBe('in-progress waiting-for-conditions')
    expect(words(route(parent('True', 'False')), inMs(30_000))).toBe('failed resource-failed')
    expect(words(route(parent('True', 'True'), parent('False', 'True')), inMs(30_000))).toBe('failed resource-failed')
    expect(words(route(), inMs(600_000))).toBe('in-progress waiting-for-conditions')
    const stale = {
      conditions: [condition('Accepted', 'True', { observedGeneration: 1 }), condition('ResolvedRefs', 'True')],
    }
    expect(words(route(stale))).toBe('in-progress waiting-for-conditions')
  })
})

test('every rule says when its kind is ready, and none is there twice', () => {
  for (const { ready, phases } of customRules) expect(ready.length + (phases?.ready.length ?? 0)).toBeGreaterThan(0)
  const names = customRules.map(({ group, kind }) => `${group}/${kind}`)
  expect(new Set(names).size).toBe(names.length)
  expect(crossplaneRule.failed.length + conventions.failed.length).toBe(3)
  expect(crossplaneGroups.test('apiextensions.crossplane.io')).toBe(true)
})
