import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { explainTimeout } from './explain-timeout.ts'
import { at, deployedAt, laterBy, type Recording, recorded, set } from './fixtures/recorded.ts'
import { stuckPod } from './statefulsets.ts'

const verdictOf = ({ object, surroundings }: Recording) => assess(object, surroundings)
const words = (recording: Recording) => `${verdictOf(recording).state} ${verdictOf(recording).reason}`
const messageOf = (recording: Recording) => verdictOf(recording).message

const status = (recording: Recording, field: string, value: unknown) => set(recording.object, ['status', field], value)
const spec = (recording: Recording, path: string[], value: unknown) => set(recording.object, ['spec', ...path], value)

/** The one that isn't ready, or the first. */
function pod(recording: Recording, index = 0): KubeObject {
  const found = recording.surroundings.pods[index]
  if (found === undefined) throw new RangeError('no pod')
  return found
}

/** A second pod like the first, of the same owner. */
function twin(recording: Recording, change: (pod: KubeObject) => void): void {
  const copy = structuredClone(pod(recording))
  set(copy, ['metadata', 'name'], 'twin')
  set(copy, ['metadata', 'uid'], 'twin')
  change(copy)
  ;(recording.surroundings.pods as KubeObject[]).push(copy)
}

const makeReady = (copy: KubeObject) => set(copy, ['status', 'conditions'], [{ type: 'Ready', status: 'True' }])

describe('Deployment', () => {
  test.each([
    ['updatedReplicas', 1, 'has 1 of 2 pods of the new revision'],
    ['updatedReplicas', undefined, 'has 0 of 2 pods of the new revision'],
    ['replicas', 3, 'still has 1 pods of an older revision'],
    ['readyReplicas', 1, 'has 1 of 2 pods ready'],
    ['availableReplicas', 1, 'has 1 of 2 pods available'],
    ['conditions', [{ type: 'Available', status: 'False' }], 'is not available yet'],
  ])('%s %j: it %s', (field, value, message) => {
    const recording = recorded('deployment-ready', 'ready')
    status(recording, field, value)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    expect(messageOf(recording)).toBe(`Deployment \`web\` ${message}.`)
  })

  test('the replicas of the moment count, as an autoscaler writes them', () => {
    const recording = recorded('deployment-ready', 'ready')
    spec(recording, ['replicas'], 3)
    expect(messageOf(recording)).toBe('Deployment `web` has 2 of 3 pods of the new revision.')
    spec(recording, ['replicas'], 1)
    expect(messageOf(recording)).toBe('Deployment `web` still has 1 pods too many.')
    spec(recording, ['replicas'], undefined)
    expect(messageOf(recording)).toBe('Deployment `web` still has 1 pods too many.')
    spec(recording, ['replicas'], 0)
    for (const field of ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'])
      status(recording, field, 0)
    expect(words(recording)).toBe('ready ready')
  })

  test('paused is a failure only while something waits to be rolled out', () => {
    const recording = recorded('deployment-ready', 'ready')
    spec(recording, ['paused'], true)
    expect(words(recording)).toBe('ready ready')
    status(recording, 'updatedReplicas', 0)
    expect(verdictOf(recording)).toMatchObject({
      state: 'failed',
      reason: 'resource-failed',
      message: 'Deployment `web`: is paused, so its new revision is not rolled out.',
    })
  })

  test('it fails only when all new pods are doomed', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    twin(recording, makeReady)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test.each([
    ['evicted', (one: KubeObject) => set(one, ['status', 'reason'], 'Evicted')],
    ['preempted', (one: KubeObject) => set(one, ['status', 'reason'], 'Preempting')],
    ['lost', (one: KubeObject) => set(one, ['status', 'reason'], 'NodeLost')],
    ['failed', (one: KubeObject) => set(one, ['status', 'phase'], 'Failed')],
    ['succeeded', (one: KubeObject) => set(one, ['status', 'phase'], 'Succeeded')],
    ['ending', (one: KubeObject) => set(one, ['metadata', 'deletionTimestamp'], '2026-11-25T16:17:00Z')],
  ])('a pod that is %s neither saves nor dooms it', (_, change) => {
    const recording = recorded('crash-loop', 'restarted-twice')
    twin(recording, (copy) => {
      makeReady(copy)
      change(copy)
    })
    expect(words(recording)).toBe('failed crash-loop')
    change(pod(recording))
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test('of several due signs the most exact is told', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    twin(recording, (copy) =>
      set(copy, ['status', 'containerStatuses', 0, 'lastState', 'terminated', 'reason'], 'OOMKilled'),
    )
    expect(verdictOf(recording)).toMatchObject({ reason: 'oom-killed', pod: 'twin', container: 'web' })
  })

  test('pods of an older revision, or of nobody, say nothing', () => {
    const stranger = recorded('crash-loop', 'restarted-twice')
    set(pod(stranger), ['metadata', 'ownerReferences', '0', 'uid'], 'other')
    expect(words(stranger)).toBe('in-progress waiting-for-pods')
    const notControlled = recorded('crash-loop', 'restarted-twice')
    set(pod(notControlled), ['metadata', 'ownerReferences', '0', 'controller'], false)
    expect(words(notControlled)).toBe('in-progress waiting-for-pods')
    const unknownRevision = recorded('crash-loop', 'restarted-twice')
    set(unknownRevision.object, ['metadata', 'annotations', 'deployment.kubernetes.io/revision'], '2')
    expect(words(unknownRevision)).toBe('in-progress waiting-for-pods')
    set(unknownRevision.object, ['metadata', 'annotations'], undefined)
    for (const one of unknownRevision.surroundings.replicaSets) set(one, ['metadata', 'annotations'], undefined)
    expect(words(unknownRevision)).toBe('in-progress waiting-for-pods')
    const anonymous = recorded('crash-loop', 'restarted-twice')
    set(anonymous.object, ['metadata', 'uid'], undefined)
    for (const one of anonymous.surroundings.replicaSets)
      set(one, ['metadata', 'ownerReferences', '0', 'uid'], undefined)
    expect(words(anonymous)).toBe('in-progress waiting-for-pods')
  })

  describe('its progress deadline', () => {
    const deadline = () => recorded('readiness', 'deadline')

    test('counts if it passed in this deployment', () => {
      const stale = deployedAt(deadline(), new Date('2026-11-25T16:16:57.000Z'))
      expect(words(stale)).toBe('in-progress waiting-for-pods')
      const current = deployedAt(deadline(), new Date('2026-11-25T16:16:56.999Z'))
      expect(verdictOf(current).state).toBe('failed')
    })

    test.each([
      ['reason', 'ReplicaSetUpdated'],
      ['status', 'True'],
    ])('is not passed with %s %s', (field, value) => {
      const recording = deadline()
      const conditions = (recording.object['status'] as { conditions: { type: string }[] }).conditions
      set(conditions.find(({ type }) => type === 'Progressing') ?? {}, [field], value)
      expect(words(recording)).toBe('in-progress waiting-for-pods')
    })

    test('tells the probe that fails, or only the time', () => {
      const recording = deadline()
      expect(verdictOf(recording)).toEqual({
        state: 'failed',
        reason: 'probe-failing',
        message:
          'Deployment `web`: container `web` runs but its readiness probe (TCP port 9) fails: dial tcp 10.210.101.21:9: connect: connection refused.',
        remedy: 'Check that the container listens where the probe asks, and what it answers there.',
        pod: pod(recording).metadata.name,
        container: 'web',
      })
      const silent = { ...recording, surroundings: { ...recording.surroundings, events: [] } }
      expect(verdictOf(silent)).toEqual({
        state: 'failed',
        reason: 'timeout',
        message: 'Deployment `web`: made no progress within its `progressDeadlineSeconds` of 20 s.',
        remedy: 'Give it more time with the input `timeout`, or look at what it waits for.',
      })
      spec(silent, ['progressDeadlineSeconds'], undefined)
      expect(messageOf(silent)).toContain(' of 600 s.')
    })

    test('does not blame the probe of a container that is ready, or of a ready pod', () => {
      const recording = deadline()
      set(pod(recording), ['status', 'containerStatuses', 0, 'ready'], true)
      expect(words(recording)).toBe('failed timeout')
      const other = deadline()
      makeReady(pod(other))
      expect(words(other)).toBe('failed timeout')
    })

    test('names a probe by its own words', () => {
      for (const [said, named, answer] of [
        ['Startup probe errored', 'startup probe', 'Startup probe errored'],
        ['Liveness probe failed: x', 'liveness probe', 'x'],
        ['gRPC probe', 'probe', 'gRPC probe'],
      ]) {
        const recording = deadline()
        for (const event of recording.surroundings.events) if (event['reason'] === 'Unhealthy') event['message'] = said
        expect(messageOf(recording)).toContain(`but its ${named} fails: ${answer}.`)
      }
    })
  })

  describe('a quota', () => {
    test('may be freed by pods that are ending', () => {
      const recording = laterBy(recorded('quota-exceeded', 'refused'), 60_000)
      expect(words(recording)).toBe('failed quota')
      const [replicaSet] = recording.surroundings.replicaSets
      const ending = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'old',
          deletionTimestamp: '2026-11-25T16:17:00Z',
          ownerReferences: [
            {
              apiVersion: 'apps/v1',
              kind: 'ReplicaSet',
              name: 'x',
              uid: replicaSet?.metadata.uid ?? '',
              controller: true,
            },
          ],
        },
      }
      const pods = [ending]
      const freed = { ...recording, surroundings: { ...recording.surroundings, pods } }
      expect(words(freed)).toBe('in-progress waiting-for-pods')
      set(ending, ['metadata', 'deletionTimestamp'], undefined)
      expect(words(freed)).toBe('failed quota')
    })
  })

  test('a refusal is the newest ReplicaSet’s; while that is unknown, the Deployment’s', () => {
    const recording = laterBy(recorded('quota-exceeded', 'refused'), 60_000)
    const [replicaSet] = recording.surroundings.replicaSets
    set(replicaSet ?? {}, ['status', 'conditions'], [{ type: 'ReplicaFailure', status: 'False' }])
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    const unknown = { ...recording, surroundings: { ...recording.surroundings, replicaSets: [] } }
    expect(words(unknown)).toBe('failed quota')
    const started = deployedAt(unknown, new Date(unknown.surroundings.now.getTime() - 19_999))
    expect(words(started)).toBe('in-progress waiting-for-pods')
    set(
      unknown.object,
      ['status', 'conditions'],
      [{ type: 'ReplicaFailure', status: 'True', message: 'failed to sync x cache' }],
    )
    expect(words(unknown)).toBe('in-progress waiting-for-pods')
    set(
      unknown.object,
      ['status', 'conditions'],
      [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
    )
    expect(words(unknown)).toBe('failed quota')
  })
})

describe('what was before this deployment', () => {
  const old = (restarts: number, ended: { startedAt?: string; finishedAt?: string }) => {
    const recording = deployedAt(recorded('crash-loop', 'restarted-twice'), new Date('2026-11-25T16:16:50.500Z'))
    set(pod(recording), ['status', 'containerStatuses', 0, 'restartCount'], restarts)
    for (const [field, value] of Object.entries(ended)) {
      set(pod(recording), ['status', 'containerStatuses', 0, 'lastState', 'terminated', field], value)
    }
    return recording
  }

  test('restarts of an older pod do not count', () => {
    expect(words(old(50, { finishedAt: '2026-11-25T16:16:49Z' }))).toBe('in-progress waiting-for-pods')
  })

  test('its last run counts if it began and ended since then', () => {
    const [before, since] = ['2026-11-25T16:16:49Z', '2026-11-25T16:16:50Z']
    expect(words(old(50, { startedAt: before, finishedAt: since }))).toBe('in-progress waiting-for-pods')
    expect(words(old(50, { startedAt: since, finishedAt: since }))).toBe('failed crash-loop')
    expect(words(old(1, { startedAt: since, finishedAt: since }))).toBe('in-progress waiting-for-pods')
    expect(words(old(50, { startedAt: '1970-01-01T00:00:00Z', finishedAt: since }))).toBe('failed crash-loop')
  })

  test('the pod’s own second belongs to it', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    const made = new Date(pod(recording).metadata.creationTimestamp ?? '')
    set(
      pod(recording),
      ['status', 'containerStatuses', 0, 'lastState', 'terminated', 'startedAt'],
      '2026-11-25T16:16:00Z',
    )
    expect(words(deployedAt(recording, new Date(made.getTime() + 999)))).toBe('failed crash-loop')
    expect(words(deployedAt(recording, new Date(made.getTime() + 1000)))).toBe('in-progress waiting-for-pods')
  })

  test('an unchanged Deployment is ready, whenever its pods restarted', () => {
    const recording = recorded('deployment-ready', 'ready')
    set(pod(recording), ['status', 'containerStatuses', 0, 'restartCount'], 20)
    expect(words(deployedAt(recording, recording.surroundings.now))).toBe('ready ready')
  })

  test('events from before are not told', () => {
    const recording = recorded('readiness', 'unready')
    expect(explainTimeout(recording.object, recording.surroundings).reason).toBe('probe-failing')
    const later = deployedAt(recording, new Date('2026-11-25T17:00:00Z'))
    expect(explainTimeout(later.object, later.surroundings).reason).toBe('timeout')
  })

  test('an event that began before counts once', () => {
    const recording = deployedAt(recorded('image-not-found', 'again'), new Date('2026-11-25T16:16:42Z'))
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    expect(words(at(recording, new Date('2026-11-25T16:17:02Z')))).toBe('failed image-not-found')
    expect(words(at(recording, new Date('2026-11-25T16:17:01.999Z')))).toBe('in-progress waiting-for-pods')
  })
})

describe.each([
  ['ReplicaSet', 'replicaset-ready'],
  ['ReplicationController', 'replicationcontroller-ready'],
])('%s', (kind, situation) => {
  test('has as many available pods as it should, and no more', () => {
    const recording = recorded(situation, 'ready')
    status(recording, 'availableReplicas', 0)
    expect(messageOf(recording)).toBe(`${kind} \`web\` has 0 of 1 pods available.`)
    status(recording, 'availableReplicas', 1)
    status(recording, 'replicas', 2)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    status(recording, 'replicas', 1)
    spec(recording, ['replicas'], undefined)
    expect(words(recording)).toBe('ready ready')
    spec(recording, ['replicas'], 2)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test('fails when all its pods are doomed, or are refused', () => {
    const recording = recorded(situation, 'ready')
    status(recording, 'availableReplicas', 0)
    set(pod(recording), ['status', 'conditions'], [])
    set(pod(recording), ['status', 'containerStatuses', 0, 'ready'], false)
    set(pod(recording), ['status', 'containerStatuses', 0, 'state'], { waiting: { reason: 'InvalidImageName' } })
    expect(words(recording)).toBe('failed image-invalid')
    twin(recording, makeReady)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    status(recording, 'conditions', [{ type: 'ReplicaFailure', status: 'True', message: 'is invalid' }])
    expect(words(laterBy(recording, 60_000))).toBe('failed resource-failed')
  })
})

describe('StatefulSet', () => {
  const ready = () => recorded('statefulset-ready', 'ready')

  test.each([
    ['updatedReplicas', 1, 'has 1 of 2 pods of the new revision'],
    ['readyReplicas', 1, 'has 1 of 2 pods ready'],
    ['availableReplicas', 1, 'has 1 of 2 pods available'],
    ['replicas', 3, 'still has 1 pods too many'],
    ['currentRevision', 'older', 'is about to close its update'],
  ])('%s %j: it %s', (field, value, message) => {
    const recording = ready()
    status(recording, field, value)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    expect(messageOf(recording)).toBe(`StatefulSet \`web\` ${message}.`)
  })

  test('without replicas it is one; without availableReplicas those that are ready count', () => {
    const recording = ready()
    spec(recording, ['replicas'], undefined)
    expect(messageOf(recording)).toBe('StatefulSet `web` still has 1 pods too many.')
    const older = ready()
    status(older, 'availableReplicas', undefined)
    expect(words(older)).toBe('ready ready')
  })

  test('with a partition only the pods above it are new', () => {
    const recording = ready()
    spec(recording, ['updateStrategy', 'rollingUpdate', 'partition'], 1)
    status(recording, 'currentRevision', 'older')
    status(recording, 'updatedReplicas', 1)
    expect(words(recording)).toBe('ready ready')
    status(recording, 'updatedReplicas', 0)
    expect(messageOf(recording)).toBe('StatefulSet `web` has 0 of 1 pods of the new revision.')
    spec(recording, ['updateStrategy', 'rollingUpdate', 'partition'], 5)
    expect(words(recording)).toBe('ready ready')
  })

  test('with OnDelete only readiness is asked', () => {
    const recording = ready()
    spec(recording, ['updateStrategy'], { type: 'OnDelete' })
    expect(words(recording)).toBe('ready ready')
    status(recording, 'updatedReplicas', 0)
    status(recording, 'currentRevision', 'older')
    expect(verdictOf(recording)).toEqual({
      state: 'ready',
      reason: 'on-delete',
      message: 'StatefulSet `web` is ready; 2 pods keep their older revision until they are deleted (OnDelete).',
    })
    status(recording, 'readyReplicas', 1)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test('one doomed pod of the new revision dooms it; older ones do not', () => {
    const recording = recorded('statefulset-crash', 'restarted-twice')
    twin(recording, makeReady)
    expect(words(recording)).toBe('failed crash-loop')
    status(recording, 'updateRevision', 'newer')
    expect(verdictOf(recording).state).toBe('in-progress')
    status(recording, 'updateRevision', undefined)
    set(pod(recording), ['metadata', 'labels'], undefined)
    expect(verdictOf(recording).state).toBe('in-progress')
  })

  test('a refusal that a later creation has answered is over', () => {
    const recording = laterBy(recorded('statefulset-quota', 'refused'), 60_000)
    const events = recording.surroundings.events as KubeObject[]
    const refusal = events.find(({ reason }) => reason === 'FailedCreate')
    const success = structuredClone(refusal ?? pod(recording))
    success['reason'] = 'SuccessfulCreate'
    events.push(success)
    expect(words(recording)).toBe('failed quota')
    success['lastTimestamp'] = '2026-11-25T18:00:00Z'
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  describe('stuck behind a pod of an older revision', () => {
    const stuck = () => recorded('statefulset-stuck', 'stuck')
    const find = ({ object, surroundings }: Recording) => stuckPod(object, surroundings.pods)?.metadata.name
    const broken = (recording: Recording) =>
      recording.surroundings.pods.find((one) => one.metadata.name === 'web-1') ?? pod(recording)

    test('names it', () => {
      expect(verdictOf(stuck())).toMatchObject({ state: 'in-progress', reason: 'stuck', pod: 'web-1' })
      expect(explainTimeout(stuck().object, stuck().surroundings)).toEqual({
        state: 'failed',
        reason: 'timeout',
        message:
          'StatefulSet `web`: the time is over: it waits for pod `web-1` of an older revision, which is not ready and is not replaced before it is.',
        remedy: 'Delete this pod.',
        pod: 'web-1',
      })
    })

    test('of several, the one of the highest ordinal', () => {
      const recording = stuck()
      const names = ['web-2', 'web-10', 'web']
      for (const name of names) {
        const copy = structuredClone(broken(recording))
        set(copy, ['metadata', 'name'], name)
        ;(recording.surroundings.pods as KubeObject[]).unshift(copy)
      }
      expect(find(recording)).toBe('web-10')
    })

    test.each<[string, (recording: Recording) => void]>([
      ['it is ready', (recording) => makeReady(broken(recording))],
      [
        'it is ending',
        (recording) => set(broken(recording), ['metadata', 'deletionTimestamp'], '2026-11-25T16:17:00Z'),
      ],
      ['pods are managed in parallel', (recording) => spec(recording, ['podManagementPolicy'], 'Parallel')],
      ['pods are replaced on deletion only', (recording) => spec(recording, ['updateStrategy', 'type'], 'OnDelete')],
      ['the revision is unknown', (recording) => status(recording, 'updateRevision', undefined)],
    ])('not if %s', (_, change) => {
      const recording = stuck()
      change(recording)
      expect(find(recording)).toBeUndefined()
    })

    test('not once everything is ready', () => {
      const recording = stuck()
      for (const field of ['readyReplicas', 'availableReplicas', 'updatedReplicas']) status(recording, field, 2)
      expect(words(recording)).toBe('ready ready')
    })
  })
})

describe('DaemonSet', () => {
  test.each([
    ['updatedNumberScheduled', 'has 1 of 2 pods of the new revision'],
    ['numberReady', 'has 1 of 2 pods ready'],
    ['numberAvailable', 'has 1 of 2 pods available'],
  ])('%s', (field, message) => {
    const recording = recorded('daemonset-ready', 'ready')
    status(recording, field, 1)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    expect(messageOf(recording)).toBe(`DaemonSet \`web\` ${message}.`)
  })

  test('with OnDelete only readiness is asked, and no node is enough for none', () => {
    const recording = recorded('daemonset-ready', 'ready')
    spec(recording, ['updateStrategy', 'type'], 'OnDelete')
    status(recording, 'updatedNumberScheduled', 0)
    expect(words(recording)).toBe('ready on-delete')
    for (const field of ['desiredNumberScheduled', 'numberReady', 'numberAvailable']) status(recording, field, 0)
    expect(words(recording)).toBe('ready ready')
  })

  test('only pods of the newest template are judged', () => {
    const recording = recorded('daemonset-update', 'again')
    expect(words(recording)).toBe('failed image-not-found')
    set(recording.object, ['metadata', 'annotations', 'deprecated.daemonset.template.generation'], '3')
    expect(words(recording)).toBe('in-progress waiting-for-pods')
    set(recording.object, ['metadata', 'annotations'], undefined)
    for (const one of recording.surroundings.pods)
      set(one, ['metadata', 'labels', 'pod-template-generation'], undefined)
    expect(words(recording)).toBe('in-progress waiting-for-pods')
  })

  test('after a return to an older template, its earlier pods are of the newest one too', () => {
    const recording = recorded('daemonset-update', 'back')
    const earlier = recording.surroundings.pods.find((one) => one.metadata.labels?.['pod-template-generation'] === '1')
    set(earlier ?? {}, ['status', 'conditions'], [])
    set(earlier ?? {}, ['status', 'containerStatuses', 0, 'ready'], false)
    set(earlier ?? {}, ['status', 'containerStatuses', 0, 'state'], { waiting: { reason: 'InvalidImageName' } })
    expect(verdictOf(recording)).toMatchObject({
      state: 'failed',
      reason: 'image-invalid',
      pod: earlier?.metadata.name,
    })
  })
})
