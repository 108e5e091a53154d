import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { until } from '../../../../lab/cluster/processes.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { type Load, type LoadReport, startLoad } from '../../../../lab/load/index.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'
import { config, service, web } from '../support/shop.ts'

const describeCluster = await requireCluster()

/** Pods that say their version, and that answer for as long as it takes until no new connection comes to them. */
function version(name: string): object {
  const serve = `mkdir -p /tmp/www; echo version ${name} > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www`
  return web({
    command: ['sh', '-c', serve],
    container: { lifecycle: { preStop: { sleep: { seconds: 4 } } } },
    pod: { terminationGracePeriodSeconds: 5 },
  })
}

// What tests of rollouts rest on: a client on this machine reaches a Service, loses nothing in a good rollout, and sees a bad one.
describeCluster('a client of a Service', () => {
  let own: OwnNamespace
  let url = ''

  beforeAll(async () => {
    own = await openNamespace('load')
    await apply(config(), service(), version('v1'))
    await settled(2)
    url = `http://${await own.kubectl('get', 'service/web', '--output=jsonpath={.spec.clusterIP}')}/`
  })
  afterAll(() => own?.close())

  async function apply(...objects: object[]): Promise<void> {
    await own.kubectlWithInput(objects.map((object) => stringify(object)).join('---\n'), 'apply', '--filename=-')
  }

  /** Until no pod is left of those that were told to end. */
  async function settled(replicas: number): Promise<void> {
    await own.kubectl('rollout', 'status', 'deployment/web', '--timeout=50s')
    await until('the old pods are gone', 30_000, async () => {
      const names = await own.kubectl('get', 'pods', '--selector=app=web', '--output=name')
      return names.split('\n').filter((name) => name !== '').length === replicas
    })
  }

  async function during(work: (load: Load) => Promise<void>): Promise<LoadReport> {
    const load = await startLoad({ url, ratePerSecond: 50, timeoutMs: 3000, version: { body: /^version (\w+)/ } })
    await work(load)
    return load.stop()
  }

  test('loses nothing while pods are replaced that end gently, and sees the new version take over', async () => {
    const { failures, total, versions } = await during(async () => {
      await apply(version('v2'))
      await settled(2)
    })
    expect(failures).toEqual([])
    const { v1, v2, ...others } = versions
    expect(others).toEqual({})
    expect((v1?.ok ?? 0) + (v2?.ok ?? 0)).toBe(total)
    expect(Number(v2?.last)).toBeGreaterThan(Number(v1?.last))
  })

  test('is refused or waits in vain while there are no pods', async () => {
    const { counts, total, seconds } = await during(async (load) => {
      await own.kubectl('scale', 'deployment/web', '--replicas=0')
      await settled(0)
      const { failed } = await load.report()
      await until('a second without pods', 20_000, async () => (await load.report()).failed > failed + 50)
    })
    expect(counts.ok).toBeGreaterThan(0)
    // Most get no answer: a node tells one address only once a second that there is nobody (icmp_ratelimit).
    expect(counts.refused).toBeGreaterThan(0)
    expect(counts.ok + counts.refused + counts.reset + counts['timed-out']).toBe(total)
    expect(seconds.at(-1)?.counts).not.toHaveProperty('ok')
  })
})
