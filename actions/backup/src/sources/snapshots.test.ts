import { describe, expect, test } from '@jest/globals'
import { BackupError } from '../failure.ts'
import { type Look, waitUntilReady } from './snapshots.ts'

const PATIENCE = { limitMs: 60_000, graceMs: 0, pollMs: 1 }
const PENDING: Look<string> = { kind: 'pending', why: 'it is half done' }
const READY: Look<string> = { kind: 'ready', value: 'done' }
const broken = new Error('the connection broke')

/** Waits while the looks show these, one after the other. */
async function wait(looks: (Look<string> | Error)[], patience = PATIENCE, signal = new AbortController().signal) {
  const left = [...looks]
  return await waitUntilReady(
    'The source',
    async () => {
      const seen = left.shift()
      if (seen === undefined || seen instanceof Error) throw seen ?? new Error('no more looks')
      return seen
    },
    patience,
    signal,
  )
}

describe('waiting for a snapshot', () => {
  test('ends when it is ready', async () => {
    expect(await wait([PENDING, PENDING, READY])).toBe('done')
  })

  test('ends when it has failed, in its words', async () => {
    await expect(wait([PENDING, { kind: 'failed', why: 'it has burst' }, READY])).rejects.toMatchObject({
      reason: 'source-failed',
      message: 'The source failed: it has burst.',
    })
  })

  test('goes on over looks that fail now and then', async () => {
    expect(await wait([broken, broken, PENDING, broken, broken, READY])).toBe('done')
  })

  test('ends when none of three in a row succeeds', async () => {
    await expect(wait([PENDING, broken, broken, broken, READY])).rejects.toBe(broken)
  })

  test('has a limit, and tells what was seen last', async () => {
    await expect(wait([PENDING, READY], { ...PATIENCE, limitMs: 0 })).rejects.toMatchObject({
      reason: 'source-failed',
      message: 'The source failed: it is half done after 0 minutes.',
    })
  })

  test('ends at once when the run is interrupted', async () => {
    const reason = new BackupError('interrupted', 'The run was cancelled.')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 20)
    await expect(wait([PENDING, READY], { ...PATIENCE, pollMs: 50_000 }, stop.signal)).rejects.toBe(reason)
    await expect(wait([reason, READY])).rejects.toBe(reason)
  })
})
