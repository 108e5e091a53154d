import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Fault } from '../../lab/s3/fake/index.ts'
import { BIG, useStoreScene } from '../../lab/s3/scene.ts'

const MIB = 1024 * 1024
const scene = useStoreScene()

describe('a read that breaks', () => {
  beforeEach(() => scene.store.put('big', BIG))

  test.each<[string, Fault]>([
    ['breaks off', { kind: 'truncated-body', afterBytes: 3 * MIB }],
    ['stalls', { kind: 'stalled-body', afterBytes: 3 * MIB }],
  ])('and %s goes on where it was', async (_, fault) => {
    scene.server.faults.add({ method: 'GET', path: /\/p\/big/, times: 2, fault })
    expect((await scene.readBytes('big')).equals(BIG)).toBe(true)
    const ranges = scene.server.requests.filter(({ method }) => method === 'GET').map(({ headers }) => headers['range'])
    // Each of the two faults made at least one more request; a slow machine may make more.
    expect(ranges.length).toBeGreaterThanOrEqual(3)
    expect(ranges.at(-1)).toMatch(/^bytes=[1-9]\d+-$/)
  })

  test('at the same byte each time is given up', async () => {
    scene.server.faults.add({ method: 'GET', path: /\/p\/big/, fault: { kind: 'truncated-body', afterBytes: 0 } })
    await expect(scene.readBytes('big')).rejects.toMatchObject({
      message: expect.stringContaining('breaks off after 0 of'),
    })
  })

  test('and finds another object is no success', async () => {
    scene.server.faults.add({
      method: 'GET',
      path: /\/p\/big/,
      times: 1,
      fault: { kind: 'truncated-body', afterBytes: MIB },
    })
    const stream = await scene.store.read('big')
    await scene.store.put('big', randomBytes(BIG.length))
    await expect(stream.toArray()).rejects.toMatchObject({ message: expect.stringContaining('could not read big') })
  })

  test('and finds nothing any more is store-missing', async () => {
    scene.server.faults.add({
      method: 'GET',
      path: /\/p\/big/,
      times: 1,
      fault: { kind: 'truncated-body', afterBytes: MIB },
    })
    const stream = await scene.store.read('big')
    scene.bucket.versions.clear()
    await expect(stream.toArray()).rejects.toMatchObject({ reason: 'store-missing' })
  })

  test('because its consumer does is not read again', async () => {
    for await (const chunk of await scene.store.read('big')) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    const stream = await scene.store.read('big')
    stream.once('error', () => {})
    stream.destroy(new Error('enough'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(scene.server.requests.filter(({ method }) => method === 'GET')).toHaveLength(2)
  })
})
