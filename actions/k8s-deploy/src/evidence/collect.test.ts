import { expect, test } from '@jest/globals'
import type { LogQuery } from '../cluster/cluster.ts'
import type { KubeObject } from '../kube/objects.ts'
import { collect, type Suspect } from './collect.ts'

const deployedAt = new Date('2026-01-01T10:00:00Z')
const time = (seconds: number): string => new Date(deployedAt.getTime() + seconds * 1000).toISOString()

const set: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'shop', uid: 'set' },
  status: { updateRevision: 'new' },
}

function pod(name: string, revision: string, status: object = {}): KubeObject {
  const crashed = { terminated: { exitCode: 1, reason: 'Error' } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { 'controller-revision-hash': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }],
    },
    spec: {
      nodeName: 'worker-1',
      containers: [
        {
          name: 'main',
          image: 'ghcr.io/acme/db:v2',
          readinessProbe: { tcpSocket: { port: 5432 } },
          resources: { limits: { memory: '64Mi', cpu: '1' } },
        },
        { name: 'proxy', image: 'ghcr.io/acme/proxy:v1' },
      ],
    },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: crashed,
        },
        { name: 'proxy', ready: true, restartCount: 0, state: { running: {} } },
      ],
      ...status,
    },
  }
}

function event(about: KubeObject, reason: string, seconds: number, type = 'Warning'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${reason}-${seconds}` },
    involvedObject: { uid: about.metadata.uid },
    type,
    reason,
    message: `told at ${seconds}`,
    firstTimestamp: time(seconds),
    lastTimestamp: time(seconds),
    count: 2,
  }
}

function suspect(pods: KubeObject[], events: KubeObject[] = [], named?: string): Suspect {
  return {
    ref: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'db' },
    object: set,
    verdict: { state: 'failed', reason: 'crash-loop', message: '…', ...(named === undefined ? {} : { pod: named }) },
    surroundings: { pods, events, replicaSets: [], now: deployedAt, deployedAt },
  }
}

const quiet = { get: async () => undefined, logs: async () => '' }

test('tells state, exit, restarts, image, probes and limits of the new pods', async () => {
  const [evidence] = await collect(quiet, [suspect([pod('db-0', 'old'), pod('db-1', 'new')])])
  expect(evidence?.facts).toEqual([
    'pod db-1: phase Running, on node worker-1',
    'container main: waiting (CrashLoopBackOff), exit code 1 (Error), 2 restarts',
    'container main: image ghcr.io/acme/db:v2',
    'container main: readiness probe (TCP port 5432)',
    'container main: memory limit 64Mi, cpu limit 1',
    'container proxy: running and ready, 0 restarts',
    'container proxy: image ghcr.io/acme/proxy:v1',
  ])
})

test('tells the events since the deployment began that are not about what went well, in order', async () => {
  const failing = pod('db-1', 'new')
  const events = [
    event(failing, 'BackOff', 9),
    event(failing, 'Started', 3, 'Normal'),
    event(set, 'FailedCreate', 5),
    event(failing, 'Unhealthy', -60),
    event(pod('db-0', 'old'), 'Unhealthy', 4),
  ]
  const [evidence] = await collect(quiet, [suspect([failing], events)])
  expect(evidence?.events).toEqual([
    {
      at: new Date(time(5)),
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'told at 5',
      count: 2,
      about: 'StatefulSet db',
    },
    { at: new Date(time(9)), type: 'Warning', reason: 'BackOff', message: 'told at 9', count: 2, about: 'Pod db-1' },
  ])
})

test('reads the logs of the troubled containers of at most three pods, the named one first', async () => {
  const asked: string[] = []
  const logs = async ({ pod: name, container, previous }: LogQuery): Promise<string> => {
    asked.push(`${name} ${container}`)
    return previous ? 'unable to retrieve container logs for containerd://0123' : `last words of ${name}`
  }
  const pods = ['a', 'b', 'c', 'd'].map((name) => pod(name, 'new'))
  const well = pod('e', 'new', { conditions: [{ type: 'Ready', status: 'True' }] })
  const [evidence] = await collect({ ...quiet, logs }, [suspect([well, ...pods], [], 'd')])
  expect(evidence?.logs.map((log) => log.text).sort()).toEqual(['a', 'b', 'd'].map((name) => `last words of ${name}`))
  expect(evidence?.facts[0]).toContain('pod d')
  expect(new Set(asked)).toEqual(new Set(['a main', 'b main', 'd main']))
})

test('keeps the end of a long log, and the same text once', async () => {
  const logs = async (): Promise<string> => `${'x'.repeat(100_000)}the reason`
  const [evidence] = await collect({ ...quiet, logs }, [suspect([pod('db-1', 'new')])])
  expect(evidence?.logs).toHaveLength(1)
  expect(evidence?.logs[0]?.text).toHaveLength(16 * 1024)
  expect(evidence?.logs[0]?.text).toMatch(/the reason$/)
})

test('tells what is wrong with the node, if it may be read', async () => {
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'worker-1' },
    spec: { unschedulable: true },
    status: {
      conditions: [
        { type: 'MemoryPressure', status: 'True' },
        { type: 'DiskPressure', status: 'False' },
        { type: 'Ready', status: 'Unknown' },
      ],
    },
  }
  const [evidence] = await collect({ ...quiet, get: async () => node }, [suspect([pod('db-1', 'new')])])
  expect(evidence?.facts.slice(-3)).toEqual([
    'node worker-1 has MemoryPressure',
    'node worker-1 is not ready',
    'node worker-1 takes no new pods',
  ])
})

test('keeps what it has when the API refuses, or does not answer in time', async () => {
  const refuse = async (): Promise<never> => {
    throw new Error('forbidden')
  }
  const silence = (): Promise<never> => new Promise(() => undefined)
  for (const cluster of [
    { get: refuse, logs: refuse },
    { get: silence, logs: silence },
  ]) {
    const [evidence] = await collect(cluster, [suspect([pod('db-1', 'new')])], 50)
    expect(evidence?.facts[0]).toContain('pod db-1')
    expect(evidence?.logs).toEqual([])
  }
})

test('an object that was never seen has no evidence', async () => {
  const { ref } = suspect([])
  expect(await collect(quiet, [{ ...suspect([]), object: undefined }])).toEqual([
    { object: ref, facts: [], events: [], logs: [] },
  ])
})
