import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { type Load, type LoadReport, startLoad } from '../../../../lab/load/index.ts'
import { type OwnNamespace, openNamespace } from '../state/own-namespace.ts'
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
    await rolledOut()
    url = `http://${await own.kubectl('get', 'service/web', '--output=jsonpath={.spec.clusterIP}')}/`
  })
  afterAll(() => own?.close())

  async function apply(...objects: object[]): Promise<void> {
    await own.kubectlWithInput(objects.map((object) => stringify(object)).join('---\n'), 'apply', '--filename=-')
  }

  async function rolledOut(): Promise<void> {
    await own.kubectl('rollout', 'status', 'deployment/web', '--timeout=50s')
  }

  async function during(work: (load: Load) => Promise<void>): Promise<LoadReport> {
    const load = await startLoad({ url, ratePerSecond: 50, timeoutMs: 5000, version: { body: /^version (\w+)/ } })
    await work(load)
    return load.stop()
  }

  test('loses nothing while pods are replaced that end gently, and sees the new version take over', async () => {
    const { failures, total, versions } = await during(async () => {
      await apply(version('v2'))
      await rolledOut()
    })
    expect(failures).toEqual([])
    expect(Object.keys(versions).sort()).toEqual(['v1', 'v2'])
    expect((versions['v1']?.ok ?? 0) + (versions['v2']?.ok ?? 0)).toBe(total)
    expect(Number(versions['v2']?.last)).toBeGreaterThan(Number(versions['v1']?.first))
  })

  test('is refused while there are no pods', async () => {
    const { counts, lastFailure } = await during(async (load) => {
      await own.kubectl('scale', 'deployment/web', '--replicas=0')
      while ((await load.report()).failed < 20) await new Promise((resolve) => setTimeout(resolve, 100))
    })
    expect(counts.ok).toBeGreaterThan(0)
    expect(lastFailure).toMatchObject({ outcome: 'refused' })
  })
})
