// Jobs and pods: what is meant to end.
import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { explainTimeout } from './explain-timeout.ts'
import { laterBy, type Recording, recorded, set } from './fixtures/recorded.ts'

const verdictOf = ({ object, surroundings }: Recording) => assess(object, surroundings)
const words = (recording: Recording) => `${verdictOf(recording).state} ${verdictOf(recording).reason}`
const conditions = (recording: Recording, value: unknown) => set(recording.object, ['status', 'conditions'], value)

function each(recording: Recording, path: (string | number)[], value: unknown): void {
  for (const pod of recording.surroundings.pods) set(pod, ['status', 'containerStatuses', 0, ...path], value)
}

describe('Job', () => {
  test('is ready only when it is complete', () => {
    const recording = recorded('job-complete', 'complete')
    conditions(recording, [{ type: 'SuccessCriteriaMet', status: 'True' }])
    expect(words(recording)).toBe('in-progress running')
    conditions(recording, [{ type: 'Complete', status: 'False' }])
    expect(words(recording)).toBe('in-progress running')
  })

  test('has failed as soon as that is decided, though its pods still end', () => {
    for (const type of ['Failed', 'FailureTarget']) {
      const recording = recorded('job-failed', 'failed')
      conditions(recording, [{ type, status: 'True', reason: 'BackoffLimitExceeded', message: 'm' }])
      expect(words(recording)).toBe('failed job-failed')
      conditions(recording, [{ type, status: 'False', reason: 'BackoffLimitExceeded', message: 'm' }])
      expect(words(recording)).toBe('in-progress running')
    }
  })

  test('tells how its last container ended', () => {
    const recording = recorded('job-failed', 'failed')
    const [first, second] = recording.surroundings.pods
    const terminated = ['status', 'containerStatuses', 0, 'state', 'terminated']
    set(first ?? {}, [...terminated, 'exitCode'], 1)
    set(first ?? {}, [...terminated, 'finishedAt'], '2026-11-25T16:16:10Z')
    set(second ?? {}, [...terminated, 'exitCode'], 2)
    set(second ?? {}, [...terminated, 'finishedAt'], '2026-11-25T16:16:20Z')
    const told = { pod: second?.metadata.name, container: 'web' }
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'job-failed',
      message: 'Job `web`: container `web` ended with exit code 2 (BackoffLimitExceeded).',
      remedy: 'See its last log lines in the job summary.',
      ...told,
    })
    set(second ?? {}, [...terminated, 'reason'], 'OOMKilled')
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'oom-killed',
      message: 'Job `web`: container `web` was killed for using more memory than it may (BackoffLimitExceeded).',
      remedy: 'Raise `resources.limits.memory`.',
      ...told,
    })
  })

  test('does not blame containers that a deadline ended, or that ended well', () => {
    const recording = recorded('job-failed', 'failed')
    each(recording, ['state', 'terminated', 'exitCode'], 0)
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'job-failed',
      message: 'Job `web`: Job has reached the specified backoff limit (BackoffLimitExceeded).',
      remedy: 'Read the log of its pods.',
    })
    const late = recorded('job-failed', 'failed')
    conditions(late, [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'too long' }])
    expect(verdictOf(late).message).toBe('Job `web`: too long (DeadlineExceeded).')
  })

  test('crashes are counted by the Job itself, by its backoffLimit', () => {
    expect(words(laterBy(recorded('job-crash', 'restarted-twice'), 600_000))).toBe('in-progress running')
  })

  test('over time between two attempts, the last one is told', () => {
    const { object, surroundings } = recorded('job-failed', 'failed-once')
    expect(explainTimeout(object, surroundings)).toMatchObject({
      reason: 'job-failed',
      message: 'Job `web`: container `web` ended with exit code 9, and the time for another attempt is over.',
    })
    expect(explainTimeout(object, { ...surroundings, pods: [] })).toMatchObject({
      reason: 'timeout',
      message: 'Job `web`: the time is over: it is running (pods: 0).',
    })
  })

  test('a pod that cannot even start tells more than an attempt before', () => {
    const recording = recorded('job-image-not-found', 'again')
    each(recording, ['state', 'waiting'], { reason: 'ErrImagePull', message: 'i/o timeout' })
    each(recording, ['lastState', 'terminated'], { exitCode: 1 })
    expect(explainTimeout(recording.object, recording.surroundings).reason).toBe('image-pull')
  })
})

describe('Pod', () => {
  const failed = () => recorded('pod-failed', 'failed')

  test('is ready when it runs and is ready', () => {
    const recording = recorded('pod-ready', 'ready')
    set(recording.object, ['status', 'phase'], 'Pending')
    expect(words(recording)).toBe('in-progress waiting-for-containers')
    const unready = recorded('pod-ready', 'ready')
    conditions(unready, [{ type: 'Ready', status: 'False' }])
    expect(verdictOf(unready).message).toBe('Pod `web` is not ready yet.')
  })

  test('that has failed is never ready', () => {
    conditions(failed(), [{ type: 'Ready', status: 'True' }])
    const recording = failed()
    conditions(recording, [{ type: 'Ready', status: 'True' }])
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'resource-failed',
      message: 'Pod `web`: container `web` ended with exit code 3.',
      remedy: 'See its last log lines in the job summary.',
      pod: 'web',
      container: 'web',
    })
  })

  test('of a kill for memory', () => {
    const recording = failed()
    set(recording.object, ['status', 'containerStatuses', 0, 'state', 'terminated', 'reason'], 'OOMKilled')
    expect(verdictOf(recording).message).toBe(
      'Pod `web`: container `web` was killed for using more memory than it may.',
    )
  })

  test('its own reason comes before its containers’', () => {
    const recording = failed()
    set(recording.object, ['status', 'reason'], 'Evicted')
    expect(verdictOf(recording)).toEqual({
      state: 'failed',
      reason: 'resource-failed',
      message: 'Pod `web`: has failed: Evicted: no reason is told.',
      remedy: 'Look at the events of the pod and of its node.',
    })
    set(recording.object, ['status', 'message'], 'The node was low on memory.')
    expect(verdictOf(recording).message).toBe('Pod `web`: has failed: Evicted: The node was low on memory.')
    set(recording.object, ['status', 'reason'], undefined)
    set(recording.object, ['status', 'containerStatuses'], undefined)
    expect(verdictOf(recording).message).toBe('Pod `web`: has failed: The node was low on memory.')
  })

  test('one doomed container is enough', () => {
    const recording = recorded('pod-image-not-found', 'again')
    const sibling = structuredClone(
      (recording.object['status'] as { containerStatuses: KubeObject[] }).containerStatuses[0],
    )
    set(recording.object, ['status', 'containerStatuses', '1'], { ...sibling, name: 'other', ready: true })
    expect(words(recording)).toBe('failed image-not-found')
  })
})
