import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { kubectl as kubectlOf } from './api.ts'
import { busyboxImage, nodeImage } from './base-images.ts'
import { type LabCluster, startCluster, useCluster } from './cluster.ts'
import { until } from './processes.ts'
import { requireCluster } from './require-cluster.ts'
import { autoscaler, claim, deployment, pod, webService } from './test-support/objects.ts'
import { clusterProcesses, ofSlot, stillAlive, type Traces, traces } from './test-support/traces.ts'

const describeCluster = await requireCluster()

describeCluster('a cluster of two workers', () => {
  let cluster: LabCluster
  let folder = ''
  let before: Traces
  let secondsToReady = 0

  beforeAll(async () => {
    before = await traces()
    folder = mkdtempSync(join(tmpdir(), 'ondol-cluster-test-'))
    const startedAt = performance.now()
    cluster = await startCluster({ workers: 2 })
    secondsToReady = (performance.now() - startedAt) / 1000
    await cluster.importImage('example.com/team/app:v1', folder, { base: nodeImage })
    // Metrics and an autoscaler take their time: this runs beside the first tests.
    const busy = deployment('busy', 1, { command: ['sh', '-c', 'while :; do :; done'], cpu: '50m' })
    await apply(busy, autoscaler('busy'), ...webService('web'))
  }, 120_000)

  afterAll(async () => {
    await cluster?.close()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  // 10.21<slot>.0.1:5000
  const slot = (): number => Number(cluster.registry.address[5])

  const kubectl = (...args: string[]): Promise<string> => kubectlOf(cluster.kubeconfig, ...args)

  async function apply(...objects: object[]): Promise<void> {
    const file = join(folder, 'objects.yaml')
    writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'))
    await kubectl('apply', '--filename', file)
  }

  async function jsonPath(what: string, path: string): Promise<string> {
    return kubectl('get', ...what.split(' '), `--output=jsonpath=${path}`)
  }

  const nodesOfWeb = async (): Promise<string[]> => {
    const ready = '{range .items[*]}{.spec.nodeName} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    const pods = (await jsonPath('pods --selector=app=web', ready)).trim().split('\n')
    return pods.filter((line) => line.endsWith(' True')).map((line) => line.split(' ')[0] ?? '')
  }

  test('a deployment becomes ready on both workers, whose names are the cluster’s', async () => {
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    expect((await nodesOfWeb()).sort()).toEqual(cluster.nodes)
    expect(cluster.nodes).toEqual(['worker-1', 'worker-2'])
    // 6 to 10 on two quiet cores.
    expect(secondsToReady).toBeLessThan(45)
  }, 70_000)

  test('a Service has a name, and both its pods answer, from a pod and from the host', async () => {
    const pods = (await jsonPath('pods --selector=app=web', '{.items[*].metadata.name}')).split(' ').sort()
    const address = await jsonPath('service web', '{.spec.clusterIP}')
    const ask = `Promise.all(Array.from({ length: 20 }, async () => (await fetch('http://web.default.svc.cluster.local', { headers: { connection: 'close' } })).text())).then((names) => console.log([...new Set(names)].sort().join()))`
    // A ready pod becomes an endpoint on each worker a moment later; until there is one, the connection is refused.
    let said: unknown
    await until('both pods answer', 20_000, async () => {
      said = await kubectl('exec', 'deployment/web', '--', 'node', '-e', ask).catch((error: Error) => error.message)
      return String(said).trim() === pods.join()
    }).catch((error: Error) => {
      throw new Error(`${error.message}; the last answer: ${said}`)
    })
    const lookup = `require('dns').promises.lookup('web').then(({ address }) => console.log(address))`
    expect((await kubectl('exec', 'deployment/web', '--', 'node', '-e', lookup)).trim()).toBe(address)
    expect(pods).toContain(await (await fetch(`http://${address}`)).text())
  }, 30_000)

  test('a claim is bound, and what a pod wrote is there for the next', async () => {
    const volume = { claim: 'data', path: '/data' }
    await apply(
      claim('data'),
      pod('writer', { command: ['sh', '-c', 'echo kept > /data/file'], volume }, { restartPolicy: 'Never' }),
    )
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/writer', '--timeout=60s')
    await kubectl('delete', 'pod/writer')
    await apply(pod('reader', { command: ['cat', '/data/file'], volume }, { restartPolicy: 'Never' }))
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/reader', '--timeout=60s')
    expect(await kubectl('logs', 'reader')).toBe('kept\n')
    expect(await jsonPath('pvc data', '{.status.phase} {.spec.storageClassName}')).toBe('Bound local-path')
  }, 130_000)

  test.each([
    ['docker.io/lab/locked:v1', 'insufficient_scope: authorization failed'],
    ['ghcr.io/acme/absent:v1', 'ghcr.io/acme/absent:v1: not found'],
    ['docker.io/lab/throttled:v1', '429 Too Many Requests'],
  ])(
    'a pull of %s fails with "%s"',
    async (image, text) => {
      const name = image.replaceAll(/\W/g, '-')
      await apply(pod(name, { image, command: ['sh'] }))
      const events = async (): Promise<string> =>
        jsonPath(`events --field-selector=involvedObject.name=${name}`, '{.items[*].message}')
      await until(`${name} can't be pulled`, 30_000, async () => (await events()).includes('Failed to pull image'))
      expect(await events()).toContain(text)
      const waiting = '{.status.containerStatuses[0].state.waiting.reason}'
      await until('the pod says so', 20_000, async () =>
        /^(ErrImagePull|ImagePullBackOff)$/.test(await jsonPath(`pod ${name}`, waiting)),
      )
      await kubectl('delete', 'pod', name, '--wait=false')
    },
    40_000,
  )

  test('what is locked opens for a pull secret, and what was throttled comes when it is let', async () => {
    const { address, account } = cluster.registry
    const image = `${address}/team/app:v1`
    cluster.registry.answer('team/app', 401)
    const args = [
      `--docker-server=${address}`,
      `--docker-username=${account.username}`,
      `--docker-password=${account.password}`,
    ]
    await kubectl('create', 'secret', 'docker-registry', 'pull', ...args)
    await apply(pod('opened', { image, command: ['sleep', '1000'] }, { imagePullSecrets: [{ name: 'pull' }] }))
    await kubectl('wait', '--for=condition=Ready', 'pod/opened', '--timeout=30s')
    cluster.registry.answer('team/app', 429)
    const later = { image: 'example.com/team/app:v1', command: ['sleep', '1000'] }
    await apply(pod('later', later, { nodeName: await jsonPath('pod opened', '{.spec.nodeName}') }))
    await until('it is throttled', 20_000, async () =>
      (await jsonPath('events --field-selector=involvedObject.name=later', '{.items[*].message}')).includes('429'),
    )
    cluster.registry.answer('team/app', 'image')
    await kubectl('wait', '--for=condition=Ready', 'pod/later', '--timeout=60s')
  }, 120_000)

  test('there are metrics of nodes and pods, and an autoscaler acts on them', async () => {
    await until(
      'the autoscaler scales',
      90_000,
      async () => (await jsonPath('deployment busy', '{.spec.replicas}')) === '2',
    )
    const top = await kubectl('top', 'nodes', '--no-headers')
    expect(
      top
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual(cluster.nodes)
    expect(await kubectl('top', 'pods', '--selector=app=busy')).toMatch(/busy-\S+ +\d+m +\d+Mi/)
    await kubectl('delete', 'deployment/busy', 'hpa/busy')
  }, 100_000)

  test('a worker without power is NotReady, its pods start elsewhere, and with power it is back with its disk', async () => {
    const [lost = '', left = ''] = cluster.nodes
    const before = clusterProcesses(slot()).length
    await cluster.powerOff(lost)
    expect(clusterProcesses(slot()).length).toBeLessThan(before)
    await kubectl('wait', '--for=condition=Ready=Unknown', `node/${lost}`, '--timeout=30s')
    await until(
      'both pods are on the other worker',
      40_000,
      async () => (await nodesOfWeb()).join() === [left, left].join(),
    )
    const address = await jsonPath('service web', '{.spec.clusterIP}')
    expect((await fetch(`http://${address}`)).status).toBe(200)
    cluster.registry.answer('library/busybox', 404)
    await cluster.powerOn(lost)
    await kubectl('wait', '--for=condition=Ready', `node/${lost}`, '--timeout=20s')
    await apply(pod('again', { image: busyboxImage, command: ['sleep', '1000'] }, { nodeName: lost }))
    await kubectl('wait', '--for=condition=Ready', 'pod/again', '--timeout=40s')
  }, 160_000)

  test('a wrong worker’s name is an error that lists the right ones', async () => {
    await expect(cluster.powerOff('worker-9')).rejects.toThrow(
      'there is no worker worker-9; there are worker-1, worker-2',
    )
  })

  test('another cluster has room beside it, and goes without touching it', async () => {
    const other = await startCluster({ workers: 1 })
    try {
      expect(other.registry.address).not.toBe(cluster.registry.address)
      expect(await kubectlOf(other.kubeconfig, 'get', 'deployments', '--output=name')).toBe('')
    } finally {
      await other.close()
    }
    expect(await jsonPath('nodes', '{.items[*].status.conditions[?(@.type=="Ready")].status}')).toBe('True True')
  }, 90_000)

  test('a given cluster is used as it is, and stays when it is closed', async () => {
    const copy = join(folder, 'given.kubeconfig')
    copyFileSync(cluster.kubeconfig, copy)
    const given = await useCluster({}, copy)
    expect(given).toMatchObject({ kind: 'given', nodes: cluster.nodes })
    await given.close()
    const shared = await useCluster({}, cluster.kubeconfig)
    expect(shared).toMatchObject({ kind: 'lab', nodes: cluster.nodes })
    await shared.close()
    expect(await kubectl('get', '--raw=/readyz')).toBe('ok')
  })

  test('closed, it leaves nothing: no process, mount, namespace, link, route, cgroup, listener, folder or setting', async () => {
    const processes = clusterProcesses(slot())
    expect(processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['etcd', 'kubelet', 'containerd', 'containerd-shim', 'tini']),
    )
    await cluster.close()
    expect(stillAlive(processes)).toEqual([])
    expect(clusterProcesses(slot())).toEqual([])
    expect(ofSlot(await traces(), slot())).toEqual(ofSlot(before, slot()))
    expect(existsSync(dirname(cluster.kubeconfig))).toBe(false)
    await cluster.close()
  }, 60_000)
})
