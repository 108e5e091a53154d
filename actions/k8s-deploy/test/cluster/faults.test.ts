// What goes wrong between us and a real API server: refusals that pass, broken connections, lost answers, expired versions.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type GivenCluster, type LabCluster, useCluster } from '../../../../lab/cluster/index.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import type { WatchEvent } from '../../src/cluster/cluster.ts'
import { explainApiError } from '../../src/cluster/explain.ts'
import type { OpenCluster } from '../../src/cluster/index.ts'
import {
  type Bench,
  configMap,
  configMapRef,
  type Fault,
  type FaultServer,
  openBench,
  sayStatus,
  startFaultServer,
  until,
} from './support.ts'

const describeCluster = await requireCluster()

describeCluster('a connection that fails', () => {
  let lab: LabCluster | GivenCluster
  let bench: Bench
  let server: FaultServer
  /** Behind the faults. */
  let cluster: OpenCluster
  let namespace: string
  beforeAll(async () => {
    lab = await useCluster({ workers: 2 })
    bench = await openBench(lab.kubeconfig)
    server = await startFaultServer(lab.kubeconfig)
    cluster = await bench.open({ kubeconfig: bench.writeKubeconfig(server.origin, 'token'), budgetMs: 3_000 })
    namespace = bench.namespace
    server.requests.length = 0
  }, 120_000)
  afterEach(() => {
    server.fault(undefined)
    server.requests.length = 0
  })
  afterAll(async () => {
    await bench?.close()
    await server?.close()
    await lab?.close()
  })

  /** The fault happens to the first requests that its method and path match. */
  const first = (count: number, matches: RegExp, fault: Fault): void => {
    let left = count
    server.fault((request, response, pass) => {
      if (left === 0 || !matches.test(`${request.method} ${request.url}`)) return false
      left--
      return fault(request, response, pass)
    })
  }
  const drop: Fault = ({ socket }) => {
    socket.destroy()
    return true
  }
  /** Carried out by the API, and nobody hears of it. */
  const lose: Fault = ({ socket }, _response, pass) => {
    pass((answer) => answer.resume().on('end', () => socket.destroy()))
    return true
  }
  const tries = (): number => server.requests.length

  test.each([429, 502, 503, 504])('%d twice, then the answer', async (status) => {
    first(2, /./, (_, response) => sayStatus(response, status, ''))
    expect(await cluster.get(configMapRef(namespace, 'kube-root-ca.crt'))).toMatchObject({ kind: 'ConfigMap' })
    expect(tries()).toBe(3)
  })

  test('a server that asks for a pause gets it', async () => {
    first(1, /./, (_, response) => sayStatus(response, 429, 'TooManyRequests', { 'retry-after': '1' }))
    const start = performance.now()
    await cluster.get(configMapRef(namespace, 'x'))
    expect(performance.now() - start).toBeGreaterThan(1000)
  })

  test('a pause that is longer than all the patience is not waited for', async () => {
    first(1, /./, (_, response) => sayStatus(response, 503, '', { 'retry-after': '600' }))
    await expect(cluster.get(configMapRef(namespace, 'x'))).rejects.toMatchObject({ status: 503 })
  })

  test('what goes on failing is given up in time, and told', async () => {
    server.fault((_, response) => sayStatus(response, 503, 'ServiceUnavailable'))
    const start = performance.now()
    const error = await cluster.get(configMapRef(namespace, 'x')).catch((cause: unknown) => cause)
    expect(performance.now() - start).toBeLessThan(4000)
    expect(explainApiError(error).failure).toMatchObject({
      reason: 'unreachable',
      message: 'ConfigMap `x`: the API answers 503 again and again: said 503',
    })
  })

  test('a defect of the server is tried a few times; a refusal is not', async () => {
    server.fault((_, response) => sayStatus(response, 500, 'InternalError'))
    await expect(cluster.get(configMapRef(namespace, 'x'))).rejects.toMatchObject({ status: 500 })
    expect(tries()).toBe(4)
    server.requests.length = 0
    server.fault((_, response) => sayStatus(response, 403, 'Forbidden'))
    await expect(cluster.get(configMapRef(namespace, 'x'))).rejects.toMatchObject({ status: 403 })
    expect(tries()).toBe(1)
  })

  test('a connection that is dropped, before and in the middle of an answer', async () => {
    first(2, /./, drop)
    expect(await cluster.get(configMapRef(namespace, 'kube-root-ca.crt'))).toBeDefined()
    first(2, /./, ({ socket }, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write('{"kind":', () => socket.destroy())
      return true
    })
    expect(await cluster.get(configMapRef(namespace, 'kube-root-ca.crt'))).toBeDefined()
  })

  test('an answer that is lost: what was made is found to be ours', async () => {
    first(1, /POST/, lose)
    const made = await cluster.create(configMap(namespace, 'lost', { by: 'us' }))
    expect(made).toMatchObject({ data: { by: 'us' }, metadata: { uid: expect.any(String) } })
    expect(tries()).toBeGreaterThan(1)
    first(1, /PUT/, lose)
    expect(await cluster.replace({ ...made, data: { by: 'us again' } })).toMatchObject({ data: { by: 'us again' } })
    first(1, /PATCH/, lose)
    await cluster.apply(configMap(namespace, 'lost', { more: 'x' }), { fieldManager: 'tester', force: false })
    first(1, /DELETE/, lose)
    expect(await cluster.delete(configMapRef(namespace, 'lost'))).toBe(true)
  })

  test('an answer that is lost: what another made meanwhile is not taken for ours', async () => {
    const theirs = configMap(namespace, 'race', { by: 'them' })
    first(1, /POST/, ({ socket }) => {
      bench.cluster.create(theirs).finally(() => socket.destroy())
      return true
    })
    await expect(cluster.create(configMap(namespace, 'race', { by: 'us' }))).rejects.toMatchObject({ status: 409 })
    const old = await cluster.get(configMapRef(namespace, 'race'))
    if (old === undefined) throw new Error('it is gone')
    first(1, /PUT/, ({ socket }) => {
      bench.cluster
        .patch(configMapRef(namespace, 'race'), { data: { by: 'them again' } })
        .finally(() => socket.destroy())
      return true
    })
    await expect(cluster.replace({ ...old, data: { by: 'us' } })).rejects.toMatchObject({ status: 409 })
  })

  test('a JSON patch, which is another thing when done twice, is not repeated when its answer is lost', async () => {
    await cluster.create(configMap(namespace, 'counted'))
    first(1, /PATCH/, lose)
    const patch = [{ op: 'add', path: '/metadata/finalizers', value: [] }]
    await expect(cluster.patch(configMapRef(namespace, 'counted'), patch)).rejects.toMatchObject({ status: 0 })
    first(1, /PATCH/, (_, response) => sayStatus(response, 429, ''))
    expect(await cluster.patch(configMapRef(namespace, 'counted'), patch)).toMatchObject({ kind: 'ConfigMap' })
  })

  test('a list whose pages expire is begun anew, and at last asked for in one piece', async () => {
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: 'part=paged' }
    const paged = (name: string) => ({
      ...configMap(namespace, name),
      metadata: { name, namespace, labels: { part: 'paged' } },
    })
    await cluster.create(paged('a'))
    server.fault(({ url = '' }, response) => {
      if (url.includes('continue=')) return sayStatus(response, 410, 'Expired')
      if (!url.includes('limit=')) return false
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ items: [paged('wrong')], metadata: { resourceVersion: '1', continue: 'next' } }))
      return true
    })
    const { items } = await cluster.list(query)
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a'])
  })

  test('a watch goes on through drops, refusals and expired versions, and misses nothing', async () => {
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: 'part=followed' }
    const followed = (name: string) => ({
      ...configMap(namespace, name),
      metadata: { name, namespace, labels: { part: 'followed' } },
    })
    const { cluster: direct } = bench
    for (const name of ['stays', 'goes', 'again', 'changes']) await direct.create(followed(name))
    const events: string[] = []
    const told = (): string[] => events.splice(0).toSorted()
    const end = new AbortController()
    let synced = 0
    const handlers = {
      onEvent: ({ type, object }: WatchEvent) => void events.push(`${type} ${object.metadata.name}`),
      onSynced: () => void synced++,
    }
    /** Breaks the watch that stands. */
    let cut: (() => void) | undefined
    const standing: Fault = ({ url, socket }) => {
      if (url?.includes('watch=true')) cut = () => socket.destroy()
      return false
    }
    server.fault(standing)
    const watching = cluster.watch(query, handlers, end.signal)
    await until(() => cut !== undefined)
    expect(told()).toEqual(['ADDED again', 'ADDED changes', 'ADDED goes', 'ADDED stays'])

    let refusals = 3
    server.fault((request, response, pass) => {
      if (request.url?.includes('watch=true') && refusals-- > 0) return sayStatus(response, 503, '')
      return standing(request, response, pass)
    })
    cut?.()
    await direct.patch(configMapRef(namespace, 'changes'), { data: { a: '1' } })
    await until(() => events.length === 1)
    expect(told()).toEqual(['MODIFIED changes'])

    const expire: (() => void)[] = []
    server.fault(({ url }, response) => {
      if (!url?.includes('watch=true')) return false
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
      expire.push(() => response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`))
      return true
    })
    cut?.()
    await until(() => expire.length > 0)
    await direct.delete(configMapRef(namespace, 'goes'))
    await direct.delete(configMapRef(namespace, 'again'))
    await direct.create(followed('again'))
    await direct.create(followed('comes'))
    await direct.patch(configMapRef(namespace, 'changes'), { data: { a: '2' } })
    server.fault(undefined)
    expire[0]?.()
    await until(() => events.length === 5)
    expect(told()).toEqual(['ADDED again', 'ADDED comes', 'DELETED again', 'DELETED goes', 'MODIFIED changes'])
    end.abort()
    await watching
    expect(synced).toBe(1)
  })

  test('a watch that was forbidden meanwhile ends', async () => {
    const watching = cluster.watch(
      { apiVersion: 'v1', kind: 'Secret', namespace },
      { onEvent: () => undefined },
      new AbortController().signal,
    )
    server.fault((_, response) => sayStatus(response, 403, 'Forbidden'))
    await expect(watching).rejects.toMatchObject({ status: 403, verb: expect.stringMatching(/list|watch/) })
  })

  test('a proxy that was killed is told at once', async () => {
    const killed = await bench.open()
    process.kill(killed.pid, 'SIGKILL')
    const error = await killed.get(configMapRef(namespace, 'x')).catch((cause: unknown) => cause)
    expect(explainApiError(error).failure).toMatchObject({ reason: 'unreachable' })
  })
})
