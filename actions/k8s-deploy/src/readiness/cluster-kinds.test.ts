import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { explainTimeout } from './explain-timeout.ts'
import { deployedAt, laterBy, type Recording, recorded, set } from './fixtures/recorded.ts'

const verdictOf = ({ object, surroundings }: Recording) => assess(object, surroundings)
const words = (recording: Recording) => `${verdictOf(recording).state} ${verdictOf(recording).reason}`
const status = (recording: Recording, field: string, value: unknown) => set(recording.object, ['status', field], value)

describe('CustomResourceDefinition', () => {
  const with_ = (...conditions: unknown[]) => {
    const recording = recorded('crd', 'established')
    status(recording, 'conditions', conditions)
    return recording
  }
  const named = (value: string) => ({ type: 'NamesAccepted', status: value, message: 'taken by\nothers' })
  const established = (value: string) => ({ type: 'Established', status: value })

  test('needs both conditions', () => {
    expect(words(with_(named('True'), established('True')))).toBe('ready ready')
    expect(words(with_(established('True')))).toBe('in-progress establishing')
    expect(words(with_(named('True'), established('False')))).toBe('in-progress establishing')
    expect(verdictOf(with_()).message).toBe(
      'CustomResourceDefinition `widgets.t-readiness.example` is not established yet.',
    )
  })

  test('fails when its names are taken', () => {
    expect(verdictOf(with_(named('False'), established('True')))).toEqual({
      state: 'failed',
      reason: 'resource-failed',
      message: 'CustomResourceDefinition `widgets.t-readiness.example`: its names are taken: taken by others.',
      remedy: 'Choose other names.',
    })
  })
})

describe('PersistentVolumeClaim', () => {
  test('that has lost its volume has failed', () => {
    const recording = recorded('pvc-bound', 'bound')
    status(recording, 'phase', 'Lost')
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'mount-failed',
      message: 'PersistentVolumeClaim `web`: has lost its volume.',
      remedy: 'Restore the volume, or make a new claim.',
    })
  })

  test('that waits for a consumer does so since before this deployment too', () => {
    const recording = recorded('pvc', 'waiting')
    expect(words(deployedAt(recording, new Date('2026-11-26T00:00:00Z')))).toBe('ready waits-for-consumer')
    const silent = { ...recording, surroundings: { ...recording.surroundings, events: [] } }
    expect(verdictOf(silent).message).toBe('PersistentVolumeClaim `web` is not bound yet.')
  })

  test('whose provisioning failed after that does not wait for a consumer', () => {
    const recording = recorded('pvc', 'waiting')
    const failure = structuredClone(recorded('pvc-no-class', 'failing').surroundings.events[0]) as KubeObject
    set(failure, ['involvedObject', 'uid'], recording.object.metadata.uid)
    set(failure, ['lastTimestamp'], '2026-11-25T16:17:00Z')
    ;(recording.surroundings.events as KubeObject[]).push(failure)
    expect(words(recording)).toBe('in-progress pending')
    expect(words(laterBy(recording, 120_000))).toBe('failed mount-failed')
    set(failure, ['lastTimestamp'], '2026-11-25T16:16:20Z')
    expect(words(recording)).toBe('ready waits-for-consumer')
  })

  test('over time, its failed provisioning is told; one that has succeeded since is not', () => {
    const recording = recorded('pvc-no-class', 'failing')
    expect(explainTimeout(recording.object, recording.surroundings)).toMatchObject({ reason: 'mount-failed' })
    const success = structuredClone(recording.surroundings.events[0]) as KubeObject
    set(success, ['reason'], 'ProvisioningSucceeded')
    set(success, ['lastTimestamp'], '2026-11-25T16:17:00Z')
    ;(recording.surroundings.events as KubeObject[]).push(success)
    expect(explainTimeout(recording.object, recording.surroundings).reason).toBe('timeout')
  })

  test('events of another claim say nothing', () => {
    const recording = recorded('pvc', 'waiting')
    set(recording.object, ['metadata', 'uid'], 'other')
    expect(words(recording)).toBe('in-progress pending')
    set(recording.object, ['metadata', 'uid'], undefined)
    for (const event of recording.surroundings.events) set(event, ['involvedObject', 'uid'], undefined)
    expect(words(recording)).toBe('in-progress pending')
  })
})

describe('Service', () => {
  test('of a load balancer needs an address', () => {
    const recording = recorded('service-loadbalancer', 'pending')
    set(recording.object, ['spec', 'externalIPs'], ['192.0.2.1'])
    expect(words(recording)).toBe('ready ready')
    set(recording.object, ['spec', 'externalIPs'], undefined)
    expect(words(recording)).toBe('in-progress waiting-for-address')
    status(recording, 'loadBalancer', { ingress: [{ ip: '192.0.2.1' }] })
    expect(words(recording)).toBe('ready ready')
  })
})

describe('HorizontalPodAutoscaler', () => {
  test.each(['ScalingActive', 'AbleToScale'])('%s False is told, not waited for', (type) => {
    const recording = recorded('hpa', 'early')
    status(recording, 'conditions', [{ type, status: 'False', message: 'no\nmetrics' }])
    expect(verdictOf(recording)).toEqual({
      state: 'ready',
      reason: 'not-scaling',
      message: 'HorizontalPodAutoscaler `web` does not scale yet: no metrics.',
    })
    status(recording, 'conditions', [
      { type, status: 'True' },
      { type: 'ScalingLimited', status: 'False' },
    ])
    expect(words(recording)).toBe('ready ready')
  })
})

describe('ResourceQuota', () => {
  test('is in force when its limits are the ones counted', () => {
    const recording = recorded('quota', 'ready')
    set(recording.object, ['spec', 'hard'], { pods: '3', secrets: '1' })
    expect(words(recording)).toBe('in-progress counting')
    status(recording, 'hard', { secrets: '1', pods: '3' })
    expect(words(recording)).toBe('ready ready')
    status(recording, 'hard', { secrets: '1', pods: '4' })
    expect(words(recording)).toBe('in-progress counting')
    set(recording.object, ['spec', 'hard'], undefined)
    status(recording, 'hard', undefined)
    expect(words(recording)).toBe('ready ready')
  })
})

describe('Namespace', () => {
  test('by its phase', () => {
    const recording = recorded('namespace', 'active')
    status(recording, 'phase', 'Terminating')
    expect(verdictOf(recording)).toEqual({
      state: 'terminating',
      reason: 'terminating',
      message: 'Namespace `t-readiness-namespace` is being deleted.',
    })
    status(recording, 'phase', undefined)
    expect(verdictOf(recording).message).toBe('Namespace `t-readiness-namespace` is not active yet.')
    expect(words(recording)).toBe('in-progress pending')
  })
})

describe('APIService', () => {
  test('is ready when it is available, and tells why not', () => {
    const recording = recorded('apiservice', 'available')
    status(recording, 'conditions', [{ type: 'Available', status: 'False', message: 'no\nendpoints' }])
    expect(words(recording)).toBe('in-progress unavailable')
    expect(verdictOf(recording).message).toBe('APIService `v1beta1.metrics.k8s.io` is not available yet: no endpoints.')
    status(recording, 'conditions', [])
    expect(verdictOf(recording).message).toBe('APIService `v1beta1.metrics.k8s.io` is not available yet.')
  })
})
