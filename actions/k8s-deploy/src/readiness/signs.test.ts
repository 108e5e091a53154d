import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { deployedAt, laterBy, type Recording, recorded, set } from './fixtures/recorded.ts'
import { signsOf } from './signs.ts'

const waiting = (reason: string, message = '') => ({ waiting: { reason, message } })
const ended = (more = {}) => ({ exitCode: 1, reason: 'Error', finishedAt: '2026-11-25T16:16:50Z', ...more })

function podOf({ surroundings }: Recording): KubeObject {
  const pod = surroundings.pods[0]
  if (pod === undefined) throw new RangeError('no pod')
  return pod
}

const container = (recording: Recording, path: (string | number)[], value: unknown) =>
  set(podOf(recording), ['status', 'containerStatuses', 0, ...path], value)

const spec = (recording: Recording, path: (string | number)[], value: unknown) =>
  set(podOf(recording), ['spec', 'containers', 0, ...path], value)

const signs = (recording: Recording) => signsOf(podOf(recording), recording.surroundings)
const signals = (recording: Recording) => signs(recording).map(({ rule, count }) => `${rule.signal} ${count}`)
const words = ({ object, surroundings }: Recording) => {
  const { state, reason } = assess(object, surroundings)
  return `${state} ${reason}`
}

/** An Event about the first pod. */
function addEvent(recording: Recording, reason: string, message: string, more: Record<string, unknown> = {}): void {
  const { uid } = podOf(recording).metadata
  const fieldPath = more['fieldPath'] ?? 'spec.containers{web}'
  const events = recording.surroundings.events as KubeObject[]
  events.push({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'added' },
    involvedObject: { uid, fieldPath },
    reason,
    message,
    firstTimestamp: '2026-11-25T16:16:50Z',
    lastTimestamp: '2026-11-25T16:16:50Z',
    ...more,
  })
}

function withoutEvents(recording: Recording, matching: RegExp): Recording {
  const events = recording.surroundings.events.filter(({ message }) => !matching.test(String(message)))
  return { ...recording, surroundings: { ...recording.surroundings, events } }
}

describe('pulls', () => {
  test.each([
    'ErrImagePull',
    'ImagePullBackOff',
    'ImageInspectError',
    'RegistryUnavailable',
    'SignatureValidationFailed',
  ])('%s is a failed pull', (reason) => {
    const recording = recorded('image-not-found', 'again')
    container(recording, ['state', 'waiting', 'reason'], reason)
    expect(signals(recording)).toEqual(['ErrImagePull 2'])
    expect(words(recording)).toBe('failed image-not-found')
  })

  test('when the status says only that it backs off, the Event tells the cause', () => {
    for (const message of ['Back-off pulling image "ghcr.io/acme/shop:absent"', '']) {
      const recording = recorded('image-not-found', 'again')
      container(recording, ['state'], waiting('ImagePullBackOff', message))
      expect(words(recording)).toBe('failed image-not-found')
      const blind = withoutEvents(recording, /^Failed to pull/)
      expect(signs(blind)).toMatchObject([{ rule: { reason: 'image-pull' }, count: 0, facts: { detail: message } }])
    }
  })

  test('the status is newer than the Event where it tells a cause', () => {
    const recording = recorded('image-not-found', 'again')
    container(recording, ['state'], waiting('ErrImagePull', 'x "y" dial tcp: i/o timeout'))
    expect(signs(recording)).toMatchObject([{ rule: { reason: 'image-pull' }, count: 0 }])
    container(recording, ['state'], waiting('ErrImagePull', 'see: Back-off pulling image "a"'))
    expect(signs(recording)).toMatchObject([{ rule: { reason: 'image-pull' } }])
    container(recording, ['state'], waiting('ErrImagePull', 'Back-off pulling image "a": 429'))
    expect(signs(recording)).toMatchObject([{ rule: { reason: 'image-pull' } }])
  })

  test('only sightings of the same cause count together', () => {
    const recording = recorded('image-throttled', 'third-error')
    expect(signals(recording)).toEqual(['ErrImagePull 3'])
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    addEvent(recording, 'Failed', 'Failed to pull image "x": not found')
    expect(signals(recording)).toEqual(['ErrImagePull 3'])
    addEvent(recording, 'Failed', 'Failed to pull image "x": 502 Bad Gateway')
    expect(signals(recording)).toEqual(['ErrImagePull 4'])
    expect(words(recording)).toBe('failed image-pull')
    addEvent(recording, 'Failed', 'Failed to pull image "x": 502', { fieldPath: 'spec.containers{other}' })
    expect(signals(recording)).toEqual(['ErrImagePull 4'])
  })

  test.each([
    'failed to resolve reference "acme/denied:not-found": 429 Too Many Requests',
    'rpc error: acme/unauthorized/not-found: 429 Too Many Requests',
  ])('a name is not read as the cause: %s', (message) => {
    const recording = recorded('image-throttled', 'third-error')
    container(recording, ['state'], waiting('ErrImagePull', message))
    expect(signs(recording)[0]?.rule.reason).toBe('image-pull')
  })

  test('an invalid or forbidden pull is known at once', () => {
    const recording = recorded('image-invalid', 'invalid')
    expect(words({ ...recording, surroundings: { ...recording.surroundings, events: [] } })).toBe(
      'failed image-invalid',
    )
    expect(signals(recording)).toEqual(['InvalidImageName 1'])
    expect(signals(recorded('image-never-pulled', 'never'))).toEqual(['ErrImageNeverPull 1'])
  })
})

describe('crashes', () => {
  const crashing = (restarts: number) => {
    const recording = recorded('crash-loop', 'restarted-twice')
    container(recording, ['restartCount'], restarts)
    return recording
  }

  test('two restarts of a new pod are a loop, one is not', () => {
    expect([words(crashing(1)), words(crashing(2))]).toEqual(['in-progress waiting-for-pods', 'failed crash-loop'])
  })

  test('a container that has just ended counts like one that waits', () => {
    const recording = crashing(2)
    container(recording, ['state'], { terminated: ended() })
    expect(words(recording)).toBe('failed crash-loop')
  })

  test('one that runs again gets its chance', () => {
    const recording = crashing(5)
    container(recording, ['state'], { running: {} })
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test.each([
    ['OOMKilled', 'oom-killed'],
    ['StartError', 'crash-loop'],
    ['ContainerCannotRun', 'crash-loop'],
  ])('%s is %s', (reason, expected) => {
    const recording = crashing(2)
    container(recording, ['lastState', 'terminated', 'reason'], reason)
    expect(words(recording)).toBe(`failed ${expected}`)
    const signal = { OOMKilled: 'OOMKilled 3', ContainerCannotRun: 'StartError 2' }[reason] ?? 'StartError 2'
    expect(signals(recording)).toEqual([signal])
  })

  test('the second kill for memory is one too many', () => {
    const recording = crashing(0)
    container(recording, ['lastState', 'terminated', 'reason'], 'OOMKilled')
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    container(recording, ['restartCount'], 1)
    expect(words(recording)).toBe('failed oom-killed')
  })

  test('the limit is named, or that there is none', () => {
    const recording = recorded('oom', 'restarted-twice')
    spec(recording, ['resources', 'limits', 'memory'], undefined)
    expect(assess(recording.object, recording.surroundings).message).toBe(
      'Deployment `web`: container `web` was killed for using more memory than its node has.',
    )
  })

  test('a kill by a probe is told as such; another kill is not', () => {
    const recording = recorded('liveness', 'restarted-twice')
    const stopped = withoutEvents(recording, /^Container web failed/)
    addEvent(stopped, 'Killing', 'Stopping container web')
    addEvent(stopped, 'Unhealthy', 'Container web failed liveness probe')
    expect(words(stopped)).toBe('failed crash-loop')
    const silent = withoutEvents(recording, /^Liveness probe failed/)
    expect(assess(silent.object, silent.surroundings)).toMatchObject({
      reason: 'probe-failing',
      message:
        'Deployment `web`: container `web` is restarted again and again because its liveness probe (TCP port 9) fails: no answer is known.',
    })
  })

  test('a kill of an earlier run does not explain the last one', () => {
    const recording = recorded('liveness', 'restarted-twice')
    const last = ['lastState', 'terminated']
    container(recording, [...last, 'startedAt'], '2026-11-25T16:17:00Z')
    container(recording, [...last, 'finishedAt'], '2026-11-25T16:17:01Z')
    expect(words(recording)).toBe('failed crash-loop')
    container(recording, [...last, 'startedAt'], undefined)
    expect(words(recording)).toBe('failed probe-failing')
  })

  test('of several probes the one that killed last is told, with its own answer', () => {
    const recording = recorded('liveness', 'restarted-twice')
    spec(recording, ['startupProbe'], { httpGet: { path: '/up', port: 80 } })
    addEvent(recording, 'Killing', 'Container web failed startup probe, will be restarted')
    addEvent(recording, 'Unhealthy', 'Startup probe failed: 503')
    addEvent(recording, 'Unhealthy', 'Startup probe failed: 500')
    addEvent(recording, 'Unhealthy', 'Readiness probe failed: 404')
    addEvent(recording, 'Other', 'Startup probe failed: never')
    expect(assess(recording.object, recording.surroundings).message).toContain(
      'its startup probe (GET /up on port 80) fails: 500.',
    )
  })

  test('an init container may restart four times, a sidecar only twice; one that is done is no crash', () => {
    const recording = recorded('init-crash', 'restarted-often')
    const init = (path: string[], value: unknown) =>
      set(podOf(recording), ['status', 'initContainerStatuses', 0, ...path], value)
    expect(words(recording)).toBe('failed crash-loop')
    init(['restartCount'], 3)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    set(podOf(recording), ['spec', 'initContainers', 0, 'restartPolicy'], 'Always')
    expect(words(recording)).toBe('failed crash-loop')
    set(podOf(recording), ['spec', 'initContainers', 0, 'restartPolicy'], undefined)
    init(['restartCount'], 9)
    init(['state'], { terminated: ended({ exitCode: 0 }) })
    expect(signals(recording)).toEqual([])
  })

  test('a long-running container that ends in order all the time is a crash all the same', () => {
    const recording = crashing(2)
    container(recording, ['lastState', 'terminated', 'exitCode'], 0)
    expect(words(recording)).toBe('failed crash-loop')
  })

  test('the runtime’s own words are left away', () => {
    const recording = recorded('bad-command', 'restarted-twice')
    container(recording, ['lastState', 'terminated', 'message'], 'exec: "x": permission denied')
    expect(signs(recording)[0]?.facts['detail']).toBe('exec: "x": permission denied')
  })
})

describe('what cannot be created', () => {
  test.each(['CreateContainerError', 'RunContainerError', 'PreCreateHookError', 'PreStartHookError'])(
    '%s',
    (reason) => {
      const recording = recorded('config-missing', 'first')
      container(recording, ['state'], waiting(reason, 'failed to create subPath'))
      const early = withoutEvents(recording, /^Error: configmap/)
      expect(signals(early)).toEqual(['CreateContainerError 0'])
      addEvent(early, 'Failed', 'Error: failed', { count: 2 })
      addEvent(early, 'Failed', 'Error: failed to sync secret cache', { count: 5 })
      addEvent(early, 'Other', 'failed', { count: 5 })
      addEvent(early, 'Failed', 'Error: ErrImagePull', { count: 5 })
      addEvent(early, 'Failed', 'Error: ImagePullBackOff', { count: 5 })
      expect([signals(early)[0], words(early)]).toEqual(['CreateContainerError 2', 'in-progress waiting-for-pods'])
      addEvent(early, 'Failed', 'Error: failed again')
      expect(words(early)).toBe('failed resource-failed')
    },
  )

  test('a start that fails again and again is told by its end', () => {
    const recording = recorded('bad-command', 'restarted-twice')
    container(recording, ['state'], waiting('RunContainerError', 'context deadline exceeded'))
    expect(signals(recording)).toEqual(['StartError 2'])
  })

  test('the lag of the kubelet is no sign', () => {
    const recording = recorded('config-missing', 'first')
    container(recording, ['state', 'waiting', 'message'], 'failed to sync configmap cache: timed out')
    expect(signals(recording)).toEqual([])
  })

  test('other waiting is no sign', () => {
    for (const state of [waiting('ContainerCreating'), waiting('PodInitializing'), { running: {} }, {}]) {
      const recording = recorded('config-missing', 'first')
      container(recording, ['state'], state)
      expect(signals(recording)).toEqual([])
    }
  })
})

describe('before containers', () => {
  test('a pod that may take another’s place is not unschedulable, nor one that is held back', () => {
    const recording = recorded('unschedulable', 'first')
    set(podOf(recording), ['status', 'nominatedNodeName'], 'worker-1')
    expect(signals(recording)).toEqual([])
    set(podOf(recording), ['status', 'nominatedNodeName'], undefined)
    expect(signals(recording)).toEqual(['Unschedulable 1'])
    set(podOf(recording), ['status', 'conditions', 0, 'reason'], 'SchedulingGated')
    expect(signals(recording)).toEqual([])
  })

  test('a grace never begins before the deployment', () => {
    const recording = recorded('unschedulable', 'first')
    const start = new Date(recording.surroundings.now.getTime() - 100)
    expect(signs(deployedAt(recording, start))[0]?.since).toEqual(start)
    set(podOf(recording), ['status', 'conditions', 0, 'lastTransitionTime'], undefined)
    expect(signs(deployedAt(recording, start))[0]?.since).toEqual(start)
  })

  test.each(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume'])('%s', (reason) => {
    const recording = recorded('secret-volume-missing', 'later')
    for (const event of recording.surroundings.events) if (event['reason'] === 'FailedMount') event['reason'] = reason
    expect(signals(recording)).toEqual(['FailedMount 3'])
    expect(words(laterBy(recording, 60_000))).toBe('failed mount-failed')
  })

  test('a sandbox that cannot be made', () => {
    const recording = withoutEvents(recorded('secret-volume-missing', 'later'), /MountVolume/)
    addEvent(recording, 'FailedCreatePodSandBox', 'plugin type="ptp" failed')
    expect(signals(recording)).toEqual(['FailedCreatePodSandBox 1'])
    expect(assess(recording.object, laterBy(recording, 120_000).surroundings).message).toBe(
      'Deployment `web`: its pods get no sandbox on their node: plugin type="ptp" failed.',
    )
  })

  test.each(['Pulling', 'Pulled', 'Created', 'Started'])('a mount that failed before %s has succeeded', (reason) => {
    const recording = recorded('secret-volume-missing', 'later')
    addEvent(recording, reason, 'x', { lastTimestamp: '2026-11-25T16:16:38Z', firstTimestamp: '2026-11-25T16:16:38Z' })
    expect(signals(recording)).toEqual([])
    const earlier = recorded('secret-volume-missing', 'later')
    addEvent(earlier, reason, 'x', { lastTimestamp: '2026-11-25T16:16:37Z', firstTimestamp: '2026-11-25T16:16:37Z' })
    expect(signals(earlier)).toEqual(['FailedMount 3'])
  })

  test('once a container has started, its volumes are there', () => {
    const recording = recorded('secret-volume-missing', 'later')
    container(recording, ['state'], { running: {} })
    expect(signals(recording)).toEqual([])
    container(recording, ['state'], waiting('ContainerCreating'))
    container(recording, ['lastState'], { terminated: ended() })
    expect(signals(recording)).toEqual([])
  })
})

describe('what is ready shows nothing', () => {
  test('a ready pod, whatever its containers went through', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    set(podOf(recording), ['status', 'conditions'], [{ type: 'Ready', status: 'True' }])
    expect(signals(recording)).toEqual([])
  })

  test('a ready container of a pod that is not', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    container(recording, ['ready'], true)
    expect(signals(recording)).toEqual([])
  })
})
