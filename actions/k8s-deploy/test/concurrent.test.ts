import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { expectNothingKept, succeeds } from './support/kills.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { shop } from './support/shop.ts'

const describeCluster = await requireCluster()

/** A gate that holds a deployment up, all of which is ready, until it is opened. */
interface Barrier {
  gates: string
  /** The deployment stands before it. */
  reached: Promise<void>
  open(): void
  close(): void
}

async function openBarrier(): Promise<Barrier> {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  let status = 503
  const server = createServer((_, reply) => {
    resolve()
    reply.writeHead(status).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    gates: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ expect 200 within 3m`,
    reached,
    open: () => {
      status = 200
    },
    close: () => void server.close(),
  }
}

/** Deploys to that gate, does the other thing, and waits for the end. */
async function during<T>(scene: Scene, greeting: string, meanwhile: (barrier: Barrier) => Promise<T>) {
  const barrier = await openBarrier()
  try {
    const deploying = scene.deploy(shop({ greeting }), { inputs: { gates: barrier.gates } })
    await Promise.race([barrier.reached, deploying])
    const [step, result] = await Promise.all([deploying, meanwhile(barrier)])
    return { step, result }
  } finally {
    barrier.close()
  }
}

/** Resolves with the line by which a deployment says that it waits for another one. */
function deployWaiting(scene: Scene, greeting: string) {
  const { promise: waiting, resolve } = Promise.withResolvers<string>()
  const onLine = (line: string): void => {
    if (line.startsWith('Waiting for another deployment of service')) resolve(line)
  }
  return { waiting, deploying: scene.deploy(shop({ greeting }), { onLine }) }
}

async function heldBy(scene: Scene, holder: string, seconds: number): Promise<void> {
  const spec = { holderIdentity: holder, leaseDurationSeconds: seconds, leaseTransitions: 7 }
  const patch = JSON.stringify({ spec: { ...spec, renewTime: new Date().toISOString().replace('Z', '000Z') } })
  await scene.kubectl('patch', 'lease', 'ondol-service', '--type=merge', '--patch', patch)
}

const messages = ({ annotations }: Step): string => annotations.map(({ message }) => message).join('\n')

const OTHER = 'https://github.com/acme/service/actions/runs/999'

describeCluster('two deployments of one app at once', () => {
  test.concurrent('one waits for the other, or fails with a link to it', async () => {
    const scene = await openScene(shop(), { soak: '1s' })
    try {
      await succeeds(scene.deploy())
      const { step, result } = await during(scene, 'two', async ({ open }) => {
        const { waiting, deploying } = deployWaiting(scene, 'three')
        const hasty = await scene.deploy({}, { inputs: { 'wait-for-lock': '1s' } })
        const said = await Promise.race([waiting, deploying])
        open()
        return { hasty, said, patient: await deploying }
      })
      const link = new RegExp(`/actions/runs/${step.run.id}\\b`)
      expect(step.conclusion).toBe('success')
      expect(result.hasty).toMatchObject({ conclusion: 'failure', reason: 'lock-held', outputs: { result: 'failed' } })
      expect(messages(result.hasty)).toMatch(link)
      expect(result.said).toMatch(link)
      expect(result.patient.outputs).toMatchObject({ result: 'deployed', revision: '3' })
      expect((await scene.world())['ConfigMap/web']).toMatchObject({ data: { 'index.html': 'three\n' } })
      await expectNothingKept(scene)
    } finally {
      await scene.close()
    }
  }, 240_000)

  test.concurrent('the lock of a dead one expires', async () => {
    const scene = await openScene(shop(), { soak: '1s' })
    try {
      await succeeds(scene.deploy())
      await heldBy(scene, `${OTHER}#deploy-dead`, 5)
      const step = await succeeds(scene.deploy(shop({ greeting: 'two' })))
      expect(step.log.join('\n')).toContain(OTHER)
      expect(step.outputs).toMatchObject({ result: 'deployed', revision: '2' })
      await expectNothingKept(scene)
    } finally {
      await scene.close()
    }
  }, 240_000)

  test.concurrent('one whose lock is taken away stops and puts nothing back: the next one does', async () => {
    const scene = await openScene(shop(), { soak: '1s' })
    try {
      await succeeds(scene.deploy())
      const good = await scene.world()
      const { step, result: lost } = await during(scene, 'two', async () => {
        await heldBy(scene, `${OTHER}#deploy-newer`, 1)
        return scene.world()
      })
      expect(step).toMatchObject({ conclusion: 'failure', reason: 'superseded', outputs: { result: 'failed' } })
      expect(messages(step)).toContain(OTHER)
      expect(step.summary).toContain('A newer deployment has taken over')
      expect(await scene.world()).toEqual(lost)
      const next = await succeeds(scene.deploy(shop()))
      expect(next.outputs['result']).toBe('unchanged')
      expect(next.summary).toContain('had been ended in the middle; what it had begun was put back first')
      expect(await scene.world()).toEqual(good)
      await expectNothingKept(scene)
    } finally {
      await scene.close()
    }
  }, 240_000)
})
