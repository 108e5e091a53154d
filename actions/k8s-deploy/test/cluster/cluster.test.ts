// The connection and the client against a real API server.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { busyboxImage, type GivenCluster, type LabCluster, useCluster } from '../../../../lab/cluster/index.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import type { WatchEvent } from '../../src/cluster/cluster.ts'
import type { OpenCluster } from '../../src/cluster/index.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import { type Bench, configMap, configMapRef, environment, kubectlProgram, openBench, until } from './support.ts'

const describeCluster = await requireCluster()

describeCluster('a connection to a cluster', () => {
  let lab: LabCluster | GivenCluster
  let bench: Bench
  let cluster: OpenCluster
  let namespace: string
  beforeAll(async () => {
    lab = await useCluster({ workers: 2 })
    bench = await openBench(lab.kubeconfig)
    ;({ cluster, namespace } = bench)
  }, 120_000)
  afterAll(async () => {
    await bench?.close()
    await lab?.close()
  })

  test('objects are made, read, changed by every way, and deleted once', async () => {
    const ref = configMapRef(namespace, 'one')
    expect(await cluster.get(ref)).toBeUndefined()
    await cluster.create(configMap(namespace, 'one', { a: '1' }), { dryRun: true })
    expect(await cluster.get(ref)).toBeUndefined()
    const made = await cluster.create(configMap(namespace, 'one', { a: '1' }))
    await cluster.apply(configMap(namespace, 'one', { b: '2' }), { fieldManager: 'tester', force: false })
    await cluster.patch(ref, { data: { c: '3' } })
    await cluster.patch(ref, [{ op: 'remove', path: '/data/a' }])
    expect((await cluster.get(ref))?.['data']).toEqual({ b: '2', c: '3' })
    const { resourceVersion: _, ...metadata } = made.metadata
    await cluster.replace({ ...made, metadata, data: { d: '4' } })
    expect((await cluster.get(ref))?.['data']).toEqual({ d: '4' })
    await expect(cluster.delete(ref, { uid: 'another' })).rejects.toMatchObject({ status: 409 })
    expect(await cluster.delete(ref, { propagation: 'Background', uid: made.metadata.uid ?? '' })).toBe(true)
    expect(await cluster.delete(ref)).toBe(false)
  })

  test('an object of a kind that is not served is not there; asked again it may be', async () => {
    const group = `${namespace}.example`
    const ref = { apiVersion: `${group}/v1`, kind: 'Cart', namespace, name: 'mine' }
    expect(await cluster.get(ref)).toBeUndefined()
    expect(await cluster.delete(ref)).toBe(false)
    const crd: KubeObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `carts.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Cart', plural: 'carts' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }
    await cluster.create(crd)
    try {
      let resource = await cluster.resourceOf(ref)
      while (resource === undefined) resource = await cluster.resourceOf(ref)
      expect(resource).toMatchObject({ plural: 'carts', namespaced: true })
      await cluster.create({ apiVersion: ref.apiVersion, kind: 'Cart', metadata: { name: 'mine', namespace } })
      expect(await cluster.get(ref)).toMatchObject({ kind: 'Cart' })
    } finally {
      await cluster.delete({ ...crd, namespace: undefined, name: crd.metadata.name })
    }
  })

  test('a list has all pages, and each object its kind', async () => {
    const labels = { part: 'many' }
    const made = Array.from({ length: 520 }, (_, index) => configMap(namespace, `many-${index}`))
    await Promise.all(made.map((object) => cluster.create({ ...object, metadata: { ...object.metadata, labels } })))
    const { items, resourceVersion } = await cluster.list({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      labelSelector: 'part=many',
    })
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(520)
    expect(items.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true)
    expect(items.some(({ metadata }) => metadata.managedFields !== undefined)).toBe(false)
    expect(Number(resourceVersion)).toBeGreaterThan(0)
  })

  test('a watch tells what is there, then what changes, in order and within moments', async () => {
    await cluster.create(labelled('there'))
    const events: string[] = []
    const at: number[] = []
    const end = new AbortController()
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: 'part=watched' }
    const onEvent = ({ type, object }: WatchEvent) => {
      events.push(`${type} ${object.metadata.name}`)
      at.push(performance.now())
    }
    const watching = cluster.watch(query, { onEvent, onSynced: () => events.push('synced') }, end.signal)
    await until(() => events.includes('synced'))
    const delays: number[] = []
    for (let index = 0; index < 20; index++) {
      const before = at.length
      await cluster.patch(configMapRef(namespace, 'there'), { data: { text: `${index} 온돌` } })
      const written = performance.now()
      await until(() => at.length > before)
      delays.push((at[before] ?? 0) - written)
    }
    await cluster.delete(configMapRef(namespace, 'there'))
    await until(() => events.at(-1) === 'DELETED there')
    end.abort()
    await watching
    expect(events).toEqual(['ADDED there', 'synced', ...Array(20).fill('MODIFIED there'), 'DELETED there'])
    expect(delays.toSorted((a, b) => a - b)[10]).toBeLessThan(100)

    function labelled(name: string): KubeObject {
      const object = configMap(namespace, name)
      return { ...object, metadata: { ...object.metadata, labels: { part: 'watched' } } }
    }
  })

  test('what will not be mended ends a watch', async () => {
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: '!!' }
    const watching = cluster.watch(query, { onEvent: () => undefined }, new AbortController().signal)
    await expect(watching).rejects.toMatchObject({ status: 400 })
    const thrown = new Error('by the handler')
    const failing = cluster.watch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace },
      {
        onEvent: () => {
          throw thrown
        },
      },
      new AbortController().signal,
    )
    await expect(failing).rejects.toBe(thrown)
  })

  test('logs: of a run, of the run before, followed, and none', async () => {
    const script =
      'i=0; while [ $i -lt 30 ]; do echo "line $i"; i=$((i+1)); [ -f /tmp/again ] && sleep 0.1; done; touch /tmp/again; exit 3'
    const container = {
      name: 'talks',
      image: busyboxImage,
      command: ['sh', '-c', script],
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    }
    await cluster.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'talks', namespace },
      spec: { containers: [container], volumes: [{ name: 'tmp', emptyDir: {} }], terminationGracePeriodSeconds: 0 },
    })
    const query = { namespace, pod: 'talks', container: 'talks' }
    expect(await cluster.logs({ ...query, previous: true })).toBe('')
    expect(await cluster.logs({ ...query, pod: 'gone' })).toBe('')
    const running = new AbortController()
    const isAgain = ({ object }: WatchEvent): void => {
      const [status] = (object['status'] as { containerStatuses?: Status[] }).containerStatuses ?? []
      if (status?.restartCount === 1 && status.state.running) running.abort()
    }
    const pods = { apiVersion: 'v1', kind: 'Pod', namespace, fieldSelector: 'metadata.name=talks' }
    await cluster.watch(pods, { onEvent: isAgain }, running.signal)
    expect(await cluster.logs({ ...query, previous: true, tailLines: 2 })).toBe('line 28\nline 29\n')
    const followed: string[] = []
    await cluster.followLogs(query, (line) => followed.push(line), new AbortController().signal)
    expect(followed).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index}`))
    expect(await cluster.logs({ ...query, limitBytes: 6 })).toBe('line 0')
    // The kubelet keeps one dead container, which is now the second.
    expect(await cluster.logs({ ...query, previous: true })).not.toContain('containerd://')

    interface Status {
      restartCount: number
      state: { running?: object }
    }
  })

  test("the time is the server's", async () => {
    const before = cluster.now().getTime()
    const { metadata } = await cluster.create(configMap(namespace, 'timed'))
    const created = Date.parse(metadata.creationTimestamp ?? '')
    expect(created).toBeGreaterThan(before - 1100)
    expect(created).toBeLessThan(cluster.now().getTime() + 100)
  })

  test('the namespace of the context, and of one that names none', async () => {
    expect(cluster.contextNamespace).toBeUndefined()
    const server = await bench.kubectl('config', 'view', '--minify', '--output=jsonpath={.clusters[0].cluster.server}')
    const token = await bench.kubectl('config', 'view', '--raw', '--minify', '--output=jsonpath={.users[0].user.token}')
    const other = await bench.open({ kubeconfig: bench.writeKubeconfig(server, token) })
    expect(other.contextNamespace).toBe('from-context')
  })

  test('closing ends what is open, and leaves no process and no folder', async () => {
    const closed = await bench.open()
    const folder = dirname(socketOf(closed.pid))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace }
    const watching = closed.watch(query, { onEvent: () => undefined }, new AbortController().signal)
    await closed.close()
    await watching
    expect(isRunning(closed.pid)).toBe(false)
    expect(existsSync(folder)).toBe(false)
    await expect(closed.get(configMapRef(namespace, 'one'))).rejects.toThrow()
  })

  test('nothing outlives a process that is killed', async () => {
    const script = `
      import { openCluster } from ${JSON.stringify(join(import.meta.dirname, '../../src/cluster/index.ts'))}
      import { createProcessRunner } from ${JSON.stringify(join(import.meta.dirname, '../../../../lib/process/run.ts'))}
      const options = JSON.parse(process.argv[1])
      const cluster = await openCluster({ ...options, processes: createProcessRunner() })
      console.log(cluster.pid)
      setInterval(() => undefined, 1000)`
    const options = { kubectl: kubectlProgram, kubeconfig: lab.kubeconfig, env: environment }
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(options)])
    const pid = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))))
    const socket = socketOf(pid)
    expect(existsSync(socket)).toBe(true)
    child.kill('SIGKILL')
    await until(() => !isRunning(pid) && !existsSync(socket))
  })
})

/** As the proxy was told. */
function socketOf(pid: number): string {
  const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  return /--unix-socket=(\S+)/.exec(command)?.[1] ?? ''
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
