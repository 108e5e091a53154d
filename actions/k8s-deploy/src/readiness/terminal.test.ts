import { describe, expect, test } from '@jest/globals'
import { failureReasons } from '../failure.ts'
import { passing, ruleFor, type Signal, terminalRules } from './terminal.ts'

const second = 1000

/** [signal, what the cluster says, the reason, grace, sightings] */
const cases: [Signal, string, string, number | undefined, number | undefined][] = [
  ['InvalidImageName', "couldn't parse image name", 'image-invalid', 0, undefined],
  ['ErrImageNeverPull', 'is not present with pull policy of Never', 'image-not-found', 0, undefined],
  // Docker Hub, containerd, Docker, and cloud registries
  [
    'ErrImagePull',
    'pull access denied, repository does not exist or may require authorization',
    'image-auth',
    20 * second,
    2,
  ],
  ['ErrImagePull', 'failed to authorize: unexpected status: 401 Unauthorized', 'image-auth', 20 * second, 2],
  ['ErrImagePull', 'unexpected status from HEAD request: 403 Forbidden', 'image-auth', 20 * second, 2],
  ['ErrImagePull', 'server message: insufficient_scope: authorization failed', 'image-auth', 20 * second, 2],
  ['ErrImagePull', 'no basic auth credentials', 'image-auth', 20 * second, 2],
  ['ErrImagePull', 'no match for platform in manifest: not found', 'image-not-found', 20 * second, 2],
  ['ErrImagePull', 'not found', 'image-not-found', 20 * second, 2],
  ['ErrImagePull', 'Error response from daemon: manifest unknown', 'image-not-found', 20 * second, 2],
  ['ErrImagePull', 'NAME_UNKNOWN: name unknown', 'image-not-found', 20 * second, 2],
  ['ErrImagePull', 'repository does not exist', 'image-not-found', 20 * second, 2],
  ['ErrImagePull', '429 Too Many Requests', 'image-pull', 90 * second, 4],
  ['ErrImagePull', 'dial tcp: lookup ghcr.io: no such host', 'image-pull', 90 * second, 4],
  ['ErrImagePull', '', 'image-pull', 90 * second, 4],
  ['CreateContainerConfigError', 'configmap "absent" not found', 'config-missing', 30 * second, undefined],
  ['CreateContainerConfigError', "couldn't find key k in ConfigMap ns/c", 'config-missing', 30 * second, undefined],
  ['CreateContainerConfigError', 'references non-existent config key: k', 'config-missing', 30 * second, undefined],
  ['CreateContainerConfigError', 'references nonexistent config key: k', 'config-missing', 30 * second, undefined],
  [
    'CreateContainerConfigError',
    'container has runAsNonRoot and image will run as root',
    'resource-failed',
    30 * second,
    undefined,
  ],
  ['OOMKilled', '', 'oom-killed', undefined, 2],
  ['ProbeKilled', 'Liveness probe failed', 'probe-failing', undefined, 2],
  ['StartError', 'exec: "/absent": no such file or directory', 'crash-loop', undefined, 2],
  ['CrashLoopBackOff', '', 'crash-loop', undefined, 2],
  ['InitCrashLoopBackOff', '', 'crash-loop', undefined, 4],
  ['CreateContainerError', 'failed to create subPath directory', 'resource-failed', 60 * second, 3],
  ['Unschedulable', '0/2 nodes: persistentvolumeclaim "data" not found.', 'mount-failed', 60 * second, undefined],
  ['Unschedulable', '0/2 nodes are available: 2 Insufficient cpu.', 'unschedulable', 90 * second, undefined],
  ['FailedMount', 'secret "absent" not found', 'mount-failed', 60 * second, undefined],
  ['FailedCreatePodSandBox', 'plugin type="ptp" failed', 'resource-failed', 60 * second, undefined],
  ['FailedCreate', 'is forbidden: exceeded quota: web', 'quota', 20 * second, undefined],
  ['FailedCreate', 'is forbidden: failed quota: web: must specify cpu', 'quota', 20 * second, undefined],
  [
    'FailedCreate',
    'is forbidden: error looking up service account a/b: serviceaccount "b" not found',
    'config-missing',
    20 * second,
    undefined,
  ],
  ['FailedCreate', 'failed calling webhook "x": no endpoints available', 'webhook-failed', 60 * second, undefined],
  ['FailedCreate', 'failed calling admission webhook "x"', 'webhook-failed', 60 * second, undefined],
  ['FailedCreate', 'violates PodSecurity "restricted:latest"', 'admission-denied', 20 * second, undefined],
  ['FailedCreate', 'admission webhook "x" denied the request', 'admission-denied', 20 * second, undefined],
  ['FailedCreate', 'is forbidden: maximum cpu usage per Container is 1', 'admission-denied', 20 * second, undefined],
  ['FailedCreate', 'Pod "web" is invalid: spec', 'resource-failed', 20 * second, undefined],
  ['ProvisioningFailed', 'storageclass "absent" not found', 'mount-failed', 60 * second, undefined],
]

describe('terminal reasons', () => {
  test.each(cases)('%s: %s is %s', (signal, said, reason, graceMs, count) => {
    const rule = ruleFor(signal, said)
    expect([rule.reason, rule.graceMs, rule.count]).toEqual([reason, graceMs, count])
  })

  test('each row is reached by a case, in the order of the table', () => {
    const reached = new Set(cases.map(([signal, said]) => ruleFor(signal, said)))
    expect([...terminalRules].filter((rule) => !reached.has(rule))).toEqual([])
  })

  test('each row can be due, has words and a remedy, and a reason that the action knows', () => {
    for (const rule of terminalRules) {
      expect(rule.graceMs ?? rule.count).toBeDefined()
      expect(rule.says).toMatch(/^[`a-z].*[^.]$/)
      expect(rule.remedy).toMatch(/^[A-Z].*\.$/)
      expect(failureReasons).toContain(rule.reason)
    }
  })

  test('a Job counts its crashes itself, and a quota waits for ending pods', () => {
    const signals = (flag: 'countedByJob' | 'waitsForEndingPods') =>
      terminalRules.filter((rule) => rule[flag] === true).map(({ signal, reason }) => `${signal} ${reason}`)
    expect(signals('countedByJob')).toEqual([
      'OOMKilled oom-killed',
      'ProbeKilled probe-failing',
      'StartError crash-loop',
      'CrashLoopBackOff crash-loop',
      'InitCrashLoopBackOff crash-loop',
    ])
    expect(signals('waitsForEndingPods')).toEqual(['FailedCreate quota'])
  })

  test('the lag of the kubelet passes', () => {
    expect(passing.test('failed to sync configmap cache: timed out')).toBe(true)
    expect(passing.test('failed to sync secret cache: timed out')).toBe(true)
    expect(passing.test('secret "cache" not found')).toBe(false)
  })

  test('a signal without a rule is a mistake of the program', () => {
    expect(() => ruleFor('Nothing' as Signal, '')).toThrow(new RangeError('no terminal rule for Nothing'))
  })
})
