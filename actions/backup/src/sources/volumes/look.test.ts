import { describe, expect, test } from '@jest/globals'
import { lookAt, type VolumeSnapshot } from './look.ts'

const PATIENCE = { limitMs: 1000, graceMs: 100, pollMs: 1 }
const ERROR = { readyToUse: false, error: { message: 'the driver is busy. ' } }

/** What is seen of each status at each time, in milliseconds. */
async function kinds(...seen: [elapsedMs: number, status: VolumeSnapshot['status']][]): Promise<string[]> {
  let status: VolumeSnapshot['status']
  const read = async (): Promise<VolumeSnapshot> => ({
    metadata: { name: 'snap' },
    spec: {},
    ...(status === undefined ? {} : { status }),
  })
  const look = lookAt(read, PATIENCE)
  const looks: string[] = []
  for (const [elapsed, next] of seen) {
    status = next
    const { kind, ...rest } = await look(elapsed)
    looks.push('why' in rest ? `${kind}: ${rest.why}` : kind)
  }
  return looks
}

describe('a look at a VolumeSnapshot', () => {
  test('that is ready', async () => {
    expect(await kinds([0, { readyToUse: false }], [5, { readyToUse: true }])).toEqual([
      'pending: the VolumeSnapshot snap is not ready to use',
      'ready',
    ])
  })

  test('an error is one when it stays', async () => {
    expect(await kinds([0, ERROR], [90, ERROR], [110, ERROR])).toEqual([
      'pending: the VolumeSnapshot snap has the error: the driver is busy',
      'pending: the VolumeSnapshot snap has the error: the driver is busy',
      'failed: the VolumeSnapshot snap has the error: the driver is busy',
    ])
    const [, , last] = await kinds([0, ERROR], [90, { readyToUse: false }], [110, ERROR])
    expect(last).toMatch(/^pending/)
  })

  test('nobody has looked at it', async () => {
    expect(await kinds([0, undefined], [110, undefined])).toEqual([
      'pending: the VolumeSnapshot snap is seen by no snapshot controller',
      'failed: the VolumeSnapshot snap is seen by no snapshot controller',
    ])
  })
})
