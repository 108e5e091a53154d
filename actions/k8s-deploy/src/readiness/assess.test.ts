import { describe, expect, test } from '@jest/globals'
import { assess } from './assess.ts'
import { explainTimeout } from './explain-timeout.ts'
import { expectations } from './fixtures/expectations.ts'
import { at, laterBy, momentsOf, type Recording, recorded, set, situationNames } from './fixtures/recorded.ts'

const verdictOf = ({ object, surroundings }: Recording) => assess(object, surroundings)
const wordsOf = (recording: Recording) => `${verdictOf(recording).state} ${verdictOf(recording).reason}`

describe('every recorded moment', () => {
  test.each(expectations)('$situation, $moment: $verdict', ({ situation, moment, verdict, message, timeout }) => {
    const recording = recorded(situation, moment)
    expect(wordsOf(recording)).toBe(verdict)
    expect(verdictOf(recording).message).toBe(message)
    if (timeout !== undefined) {
      expect(explainTimeout(recording.object, recording.surroundings)).toMatchObject({
        state: 'failed',
        reason: timeout,
      })
    }
  })

  test('none is left out', () => {
    const all = situationNames().flatMap((name) => momentsOf(name).map((moment) => `${name} ${moment}`))
    expect(expectations.map(({ situation, moment }) => `${situation} ${moment}`).sort()).toEqual(all.sort())
  })

  test('every failure names its remedy, its pod and its container where there is one', () => {
    for (const { situation, moment } of expectations) {
      const verdict = verdictOf(laterBy(recorded(situation, moment), 120_000))
      if (verdict.state !== 'failed') continue
      expect(verdict.remedy).toMatch(/^[A-Z].*\.$/)
      if (verdict.message.includes('container `')) {
        expect(verdict.container).toBeDefined()
        expect(verdict.pod).toBeDefined()
      }
    }
  })
})

describe('graces, to the millisecond', () => {
  const graces: [situation: string, moment: string, since: string, graceMs: number, reason: string, message: string][] =
    [
      [
        'image-not-found',
        'backing-off',
        'event:Failed to pull image',
        20_000,
        'image-not-found',
        'image `ghcr.io/acme/shop:absent` of container `web` does not exist in the registry',
      ],
      [
        'image-auth',
        'backing-off',
        'event:Failed to pull image',
        20_000,
        'image-auth',
        'the registry refuses to give image `ghcr.io/lab/locked:v1` of container `web` to this cluster',
      ],
      [
        'image-throttled',
        'third-error',
        'event:Failed to pull image',
        90_000,
        'image-pull',
        'image `ghcr.io/lab/throttled:v1` of container `web` cannot be pulled: pulling from host 10.210.0.1:5000 failed with status code [manifests v1]: 429 Too Many Requests',
      ],
      [
        'config-missing',
        'first',
        'event:Error: configmap',
        30_000,
        'config-missing',
        'container `web` needs what is not there: configmap "absent" not found',
      ],
      [
        'secret-volume-missing',
        'later',
        'event:MountVolume.SetUp failed for volume "v" : secret',
        60_000,
        'mount-failed',
        'a volume cannot be mounted: MountVolume.SetUp failed for volume "v" : secret "absent" not found',
      ],
      [
        'unschedulable',
        'first',
        'pod:PodScheduled',
        90_000,
        'unschedulable',
        'no node can take its pods: 0/2 nodes are available: 2 Insufficient cpu.',
      ],
      ['quota-exceeded', 'refused', 'replicaset:ReplicaFailure', 20_000, 'quota', 'its pods exceed a quota: pods "'],
      [
        'admission-denied',
        'refused',
        'replicaset:ReplicaFailure',
        20_000,
        'admission-denied',
        'its pods are refused by an admission rule of the cluster: pods "',
      ],
      [
        'serviceaccount-missing',
        'refused',
        'replicaset:ReplicaFailure',
        20_000,
        'config-missing',
        'its pods name a ServiceAccount that is not there: pods "',
      ],
      [
        'statefulset-quota',
        'refused',
        'event:create Pod web-0',
        20_000,
        'quota',
        'its pods exceed a quota: create Pod web-0',
      ],
      [
        'daemonset-denied',
        'refused',
        'event:Error creating',
        20_000,
        'admission-denied',
        'its pods are refused by an admission rule of the cluster: Error creating',
      ],
      ['job-quota', 'refused', 'event:Error creating', 20_000, 'quota', 'its pods exceed a quota: Error creating'],
      [
        'pvc-no-class',
        'failing',
        'event:storageclass',
        60_000,
        'mount-failed',
        'no volume can be made for it: storageclass.storage.k8s.io "absent" not found',
      ],
    ]

  test.each(graces)('%s, %s: %s + %d ms', (situation, moment, since, graceMs, reason, message) => {
    const recording = recorded(situation, moment)
    for (const event of recording.surroundings.events) event['count'] = 1
    const due = timeOf(recording, since) + graceMs
    expect(verdictOf(at(recording, new Date(due - 1))).state).toBe('in-progress')
    const verdict = verdictOf(at(recording, new Date(due)))
    expect(verdict).toMatchObject({ state: 'failed', reason })
    expect(verdict.message).toContain(`\`: ${message}`)
  })

  /** The earliest time of an Event whose message begins so, or of a condition. */
  function timeOf({ surroundings: { events, pods, replicaSets } }: Recording, since: string): number {
    const [where, what = ''] = [since.slice(0, since.indexOf(':')), since.slice(since.indexOf(':') + 1)]
    type Timed = { message: string; firstTimestamp: string }
    type WithConditions = { conditions: { type: string; lastTransitionTime: string }[] }
    const times =
      where === 'event'
        ? (events as unknown as Timed[])
            .filter(({ message }) => message.startsWith(what))
            .map((one) => one.firstTimestamp)
        : (where === 'pod' ? pods : replicaSets)
            .flatMap((object) => (object['status'] as WithConditions).conditions)
            .filter(({ type }) => type === what)
            .map((one) => one.lastTransitionTime)
    expect(times.length).toBeGreaterThan(0)
    return Math.min(...times.map((time) => new Date(time).getTime()))
  }

  test('a failed pull whose Event is still on its way is taken for new', () => {
    expect(wordsOf(laterBy(recorded('image-not-found', 'first-error'), 600_000))).toBe('in-progress waiting-for-pods')
  })

  test('where Events cannot be read at all, the start of the pod is the only time there is', () => {
    const recording = recorded('image-not-found', 'first-error')
    const blind = { ...recording, surroundings: { ...recording.surroundings, events: [] } }
    const [pod] = recording.surroundings.pods
    const start = new Date((pod?.['status'] as { startTime: string } | undefined)?.startTime ?? '').getTime()
    expect(wordsOf(at(blind, new Date(start + 19_999)))).toBe('in-progress waiting-for-pods')
    expect(wordsOf(at(blind, new Date(start + 20_000)))).toBe('failed image-not-found')
  })

  test('a new object without a status is waited for 15 s', () => {
    const recording = recorded('custom-resource', 'no-status')
    const made = new Date(recording.object.metadata.creationTimestamp ?? '').getTime()
    expect(wordsOf(at(recording, new Date(made + 14_999)))).toBe('in-progress no-status')
    expect(wordsOf(at(recording, new Date(made + 15_000)))).toBe('ready ready')
  })
})

describe('before anything else', () => {
  test('what is being deleted is terminating, whatever else it says', () => {
    const recording = recorded('crash-loop', 'restarted-twice')
    recording.object.metadata.deletionTimestamp = '2026-11-25T16:17:00Z'
    expect(verdictOf(recording)).toEqual({
      state: 'terminating',
      reason: 'terminating',
      message: 'Deployment `web` is being deleted.',
    })
  })

  test.each([
    ['readiness', 'deadline'],
    ['deployment-ready', 'ready'],
    ['statefulset-ready', 'ready'],
    ['daemonset-ready', 'ready'],
    ['replicaset-ready', 'ready'],
    ['replicationcontroller-ready', 'ready'],
    ['pdb', 'ready'],
  ])('%s: conditions and counts of an older generation are ignored', (situation, moment) => {
    const recording = recorded(situation, moment)
    recording.object.metadata.generation = 99
    expect(wordsOf(recording)).toBe('in-progress not-observed')
    set(recording.object, ['status', 'observedGeneration'], undefined)
    expect(wordsOf(recording)).toBe('in-progress not-observed')
  })

  test('a kind that never tells its generation is judged without', () => {
    const recording = recorded('job-complete', 'complete')
    recording.object.metadata.generation = 99
    expect(wordsOf(recording)).toBe('ready complete')
  })

  test('a generation may be written as a text (Argo Rollouts)', () => {
    const recording = recorded('deployment-ready', 'ready')
    set(recording.object, ['status', 'observedGeneration'], '1')
    expect(wordsOf(recording)).toBe('ready ready')
    set(recording.object, ['metadata', 'generation'], undefined)
    expect(wordsOf(recording)).toBe('ready ready')
  })

  test.each([[['apiVersion']], [['kind']], [['metadata', 'name']]])('without %j it is unknown', (path) => {
    const recording = recorded('deployment-ready', 'ready')
    set(recording.object, path, undefined)
    expect(wordsOf(recording)).toBe('unknown no-object')
    expect(verdictOf(recording).message).toMatch(/ is not told in a form that is known\.$/)
  })
})

describe('kinds', () => {
  const surroundings = recorded('cronjob', 'made').surroundings
  const made = (apiVersion: string, kind: string, more = {}) => ({
    apiVersion,
    kind,
    metadata: { name: 'web' },
    ...more,
  })

  test.each([
    ['v1', 'ConfigMap'],
    ['apps/v1', 'ControllerRevision'],
    ['batch/v1', 'CronJob'],
    ['policy/v1', 'PodSecurityPolicy'],
    ['autoscaling/v1', 'Scale'],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
    ['certificates.k8s.io/v1', 'CertificateSigningRequest'],
    ['coordination.k8s.io/v1', 'Lease'],
    ['discovery.k8s.io/v1', 'EndpointSlice'],
    ['events.k8s.io/v1', 'Event'],
    ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['node.k8s.io/v1', 'RuntimeClass'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['resource.k8s.io/v1', 'ResourceClaim'],
    ['scheduling.k8s.io/v1', 'PriorityClass'],
    ['storage.k8s.io/v1', 'StorageClass'],
    ['apiregistration.k8s.io/v1', 'Other'],
    ['apiextensions.k8s.io/v1', 'Other'],
    ['authentication.k8s.io/v1', 'TokenReview'],
    ['authorization.k8s.io/v1', 'SubjectAccessReview'],
  ])('%s %s has nothing to wait for', (apiVersion, kind) => {
    const now = new Date()
    const verdict = assess(made(apiVersion, kind), { ...surroundings, now, deployedAt: now })
    expect(verdict).toEqual({ state: 'ready', reason: 'ready', message: `${kind} \`web\` is ready.` })
  })

  test('a kind of the same name in another group is a custom resource', () => {
    const status = { conditions: [{ type: 'Ready', status: 'False' }] }
    expect(assess(made('example.org/v1', 'Deployment', { status }), surroundings).reason).toBe('waiting-for-conditions')
    expect(assess(made('example.org/v1', 'ConfigMap', { status }), surroundings).reason).toBe('waiting-for-conditions')
    expect(assess(made('v1', 'constructor'), surroundings).state).toBe('ready')
  })
})
