import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { holderOf } from '../../src/state/holder.ts'
import { leaseRef, readLease } from '../../src/state/lease.ts'
import { type Held, type LockRequest, takeLock } from '../../src/state/lock.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'

const describeCluster = await requireCluster()

const RUN = 'https://github.com/acme/shop/actions/runs'

describeCluster('the lock of an app', () => {
  let own: OwnNamespace
  beforeAll(async () => {
    own = await openNamespace('state-lock')
  })
  afterAll(() => own.close())

  let count = 0
  const requestFor = (app: string, run = `${RUN}/${++count}`): LockRequest => ({
    app,
    namespace: own.namespace,
    holder: holderOf(run, 'deploy', `u${++count}`),
    waitMs: 0,
  })
  const leaseOf = async (request: LockRequest) => {
    const lease = await own.cluster.get(leaseRef(request))
    if (lease === undefined) throw new Error('no lease')
    return { lease, spec: readLease(lease) }
  }

  test('of many who try at once exactly one gets it, and the others are told who', async () => {
    const requests = Array.from({ length: 8 }, (_, n) => requestFor('race', `${RUN}/${100 + n}`))
    const results = await Promise.allSettled(requests.map((request) => takeLock(own.cluster, request)))
    const winners = results.flatMap((result, n) => (result.status === 'fulfilled' ? [{ lock: result.value, n }] : []))
    expect(winners).toHaveLength(1)
    const message = expect.stringContaining(`${RUN}/${100 + (winners[0]?.n ?? -1)}`)
    for (const result of results.filter(({ status }) => status === 'rejected')) {
      expect(result).toMatchObject({ reason: { reason: 'lock-held', failure: { message } } })
    }
    await winners[0]?.lock.release()
  })

  test('whoever waits gets it as soon as it is given back', async () => {
    const first = await takeLock(own.cluster, requestFor('wait', `${RUN}/7`))
    const told: Held[] = []
    const second = takeLock(own.cluster, { ...requestFor('wait'), waitMs: 20_000, onWait: (held) => told.push(held) })
    await pause(700)
    const releasedAt = performance.now()
    await first.release()
    const lock = await second
    expect(performance.now() - releasedAt).toBeLessThan(1500)
    expect(told).toEqual([{ link: `${RUN}/7`, since: expect.any(Date) }])
    lock.check()
    await lock.release()
  })

  test('waiting ends when the run is cancelled, and the lock is not taken after that', async () => {
    const lock = await takeLock(own.cluster, requestFor('cancel'))
    const cancel = new AbortController()
    const request = requestFor('cancel')
    const onWait = () => setTimeout(() => cancel.abort(new Error('cancelled')), 300)
    await expect(takeLock(own.cluster, { ...request, waitMs: 20_000, signal: cancel.signal, onWait })).rejects.toThrow(
      'cancelled',
    )
    await lock.release()
    expect((await leaseOf(request)).spec.holder).toBeUndefined()
  })

  test('a living one is renewed past its duration, and waiting for it ends when the time is over', async () => {
    const lock = await takeLock(own.cluster, { ...requestFor('alive'), durationMs: 2000 })
    const startedAt = performance.now()
    await expect(takeLock(own.cluster, { ...requestFor('alive'), waitMs: 4500 })).rejects.toMatchObject({
      reason: 'lock-held',
    })
    expect(performance.now() - startedAt).toBeGreaterThan(4400)
    lock.check()
    await lock.release()
  })

  test('a dead one is taken after its duration, not before, and its holder notices', async () => {
    const mute: Cluster = { ...own.cluster, replace: () => new Promise(() => undefined) }
    const lock = await takeLock(mute, { ...requestFor('dead'), durationMs: 3000 })
    const startedAt = performance.now()
    const next = await takeLock(own.cluster, { ...requestFor('dead'), waitMs: 10_000 })
    const waited = performance.now() - startedAt
    expect(waited).toBeGreaterThan(2900)
    expect(waited).toBeLessThan(5500)
    expect(lock.signal.aborted).toBe(true)
    expect(() => lock.check()).toThrow('was lost')
    await lock.release()
    next.check()
    await next.release()
  })

  test('a holder whose lock was taken over stops at its next renewal and does not give back what is not its own', async () => {
    const request = requestFor('robbed')
    const lock = await takeLock(own.cluster, { ...request, durationMs: 3000 })
    const { lease } = await leaseOf(request)
    const thief = `${RUN}/99#deploy-x`
    await own.cluster.patch(leaseRef(request), { spec: { holderIdentity: thief, leaseTransitions: 5 } })
    await new Promise((resolve) => lock.signal.addEventListener('abort', resolve))
    expect(lock.signal.reason).toMatchObject({
      reason: 'superseded',
      failure: { message: expect.stringContaining(`${RUN}/99 `) },
    })
    await lock.release()
    expect((await leaseOf(request)).spec.holder).toBe(thief)
    expect(lease.metadata.labels).toEqual({ 'ondol.dev/app': 'robbed', 'ondol.dev/part': 'lock' })
  })

  test('somebody who only labels the Lease takes nothing away', async () => {
    const request = requestFor('labelled')
    const lock = await takeLock(own.cluster, { ...request, durationMs: 1000 })
    await own.cluster.patch(leaseRef(request), { metadata: { annotations: { note: 'x' } } })
    await pause(1500)
    lock.check()
    await lock.release()
    expect((await leaseOf(request)).spec.holder).toBeUndefined()
  })

  test('the same holder, and a later attempt of its run, take it over at once; an earlier one and other jobs do not', async () => {
    const second = { ...requestFor('rerun', `${RUN}/5/attempts/2`) }
    const lock = await takeLock(own.cluster, second)
    const refused = [requestFor('rerun', `${RUN}/5`), requestFor('rerun', `${RUN}/5/attempts/2`)]
    for (const request of refused) {
      await expect(takeLock(own.cluster, request)).rejects.toMatchObject({ reason: 'lock-held' })
    }
    const again = await takeLock(own.cluster, second)
    const third = await takeLock(own.cluster, requestFor('rerun', `${RUN}/5/attempts/3`))
    await Promise.all([lock.release(), again.release()])
    third.check()
    expect((await leaseOf(second)).spec.holder).toMatch('/attempts/3')
    await third.release()
  })
})
