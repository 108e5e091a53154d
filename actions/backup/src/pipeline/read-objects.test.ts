import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { StoreError } from '../../../../lib/s3/store.ts'
import type { ObjectRecord } from '../catalogue/manifest.ts'
import { BackupError } from '../failure.ts'
import { readObjects } from './read-objects.ts'
import type { Identities, Sealing } from './sealing.ts'
import { readSmall, recordOf, sealSmall } from './small.ts'
import { type Faults, memoryStore } from './test-support.ts'

const identity = await generateX25519Identity()
const other = await generateX25519Identity()
const recipients = [await identityToRecipient(identity)]
const content = Buffer.concat([randomBytes(150_000), Buffer.alloc(100_000, 'text')])
const KEY = 'set/id/data/1-files.1.tar.zst.age'

async function stored(recipientsOrNone: Sealing['recipients'] = recipients): Promise<[ObjectRecord, Buffer]> {
  const body = await sealSmall(content, { level: 3, recipients: recipientsOrNone })
  return [recordOf({ key: KEY.slice('set/id/'.length), kind: 'tar', source: '1-files' }, body), body]
}

interface Attempt {
  record: ObjectRecord
  body: Buffer | undefined
  identities?: Identities
  faults?: Faults
}

function storeOf({ body, faults }: Attempt) {
  const store = memoryStore({ readStep: 10_000, ...faults })
  if (body) store.objects.set(KEY, body)
  return store
}

/** Reads the object as a stream, and small; gives what both say. */
async function attempt(what: Attempt): Promise<unknown[]> {
  const { record, identities = [identity] } = what
  const reading = { store: storeOf(what), folder: 'set/id/', identities }
  const outcomes = await Promise.allSettled([buffer(readObjects([record], reading)), readSmall(record, reading)])
  return outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value.equals(content) ? 'content' : 'other bytes'
    return (outcome.reason as BackupError).reason
  })
}

/** `once` of node:events would reject for the error that is expected. */
function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once('close', () => resolve()))
}

describe('reading an object back', () => {
  test('gives the bytes that were written', async () => {
    const [record, body] = await stored()
    expect(await attempt({ record, body })).toEqual(['content', 'content'])
    const [open, openBody] = await stored('none')
    expect(await attempt({ record: open, body: openBody, identities: 'none' })).toEqual(['content', 'content'])
  })

  test('a flipped bit anywhere is corrupt: encrypted or not, in a header for us or not', async () => {
    const encrypted = await stored()
    const open = await stored('none')
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.oneof(fc.nat(400), fc.nat(encrypted[1].length - 1)), async (isOpen, at) => {
        const [record, body] = isOpen ? open : encrypted
        const changed = Buffer.from(body)
        changed.writeUInt8(changed.readUInt8(at % body.length) ^ 4, at % body.length)
        const identities: Identities = isOpen ? 'none' : [identity]
        expect(await attempt({ record, body: changed, identities })).toEqual(['corrupt', 'corrupt'])
      }),
      { numRuns: 60 },
    )
  })

  test('so is one that was cut, has more, or was exchanged for another', async () => {
    const [record, body] = await stored()
    const another = await sealSmall(Buffer.concat([content, content]), { level: 3, recipients })
    for (const wrong of [
      body.subarray(0, -1),
      body.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.concat([body, body]),
      another,
    ]) {
      expect(await attempt({ record, body: wrong })).toEqual(['corrupt', 'corrupt'])
    }
  })

  test('one that is right, and no zstd inside, is corrupt', async () => {
    const body = Buffer.from('no zstd')
    const record = recordOf({ key: KEY.slice(7), kind: 'tar' }, body)
    expect(await attempt({ record, body, identities: 'none' })).toEqual(['corrupt', 'corrupt'])
  })

  test('a frame that was cut before it was stored is corrupt', async () => {
    const [, whole] = await stored('none')
    const body = whole.subarray(0, whole.length - 5)
    const record = recordOf({ key: KEY.slice(7), kind: 'tar' }, body)
    expect(await attempt({ record, body, identities: 'none' })).toEqual(['corrupt', 'corrupt'])
  })

  test('a wrong key, a missing object and a broken store are told as such', async () => {
    const [record, body] = await stored()
    expect(await attempt({ record, body, identities: [other] })).toEqual(['wrong-key', 'wrong-key'])
    expect(await attempt({ record, body: undefined })).toEqual(['store-missing', 'store-missing'])
    const failure = new StoreError('store-unreachable', 'It is gone.')
    const onRead = (_key: string, bytes: number): void => {
      if (bytes > 50_000) throw failure
    }
    const [streamed] = await attempt({ record, body, faults: { onRead } })
    expect(streamed).toBe('store-unreachable')
  })

  test('the error names object and store', async () => {
    const [record, body] = await stored()
    const reading = {
      store: storeOf({ record, body: body.subarray(0, -1) }),
      folder: 'set/id/',
      identities: [identity],
    }
    await expect(buffer(readObjects([record], reading))).rejects.toThrow(
      `${KEY} in memory://store is damaged: it has ${body.length - 1} of the ${body.length} bytes that were written.`,
    )
  })

  test('nothing is said to be whole before the hash was compared', async () => {
    const [record, body] = await stored('none')
    // Right bytes, another hash: only at the very end can that be seen.
    const wrong = { ...record, sha256: digest('') }
    const out = readObjects([wrong], { store: storeOf({ record, body }), folder: 'set/id/', identities: 'none' })
    const seen: string[] = []
    out
      .on('data', () => undefined)
      .on('end', () => seen.push('end'))
      .on('error', () => seen.push('error'))
    await closed(out)
    expect(seen).toEqual(['error'])
  })

  test('pieces of one stream come back as one', async () => {
    const store = memoryStore()
    const records = await Promise.all(
      ['one ', 'two ', 'three'].map(async (text, piece) => {
        const body = await sealSmall(Buffer.from(text), { level: 3, recipients })
        store.objects.set(`set/id/data/${piece}`, body)
        return recordOf({ key: `data/${piece}`, kind: 'dump' }, body)
      }),
    )
    const [first, ...rest] = records as [ObjectRecord, ...ObjectRecord[]]
    const out = readObjects([first, ...rest], { store, folder: 'set/id/', identities: [identity] })
    expect((await buffer(out)).toString()).toBe('one two three')
  })

  test.each(['interrupted', 'destroyed'])(
    'a reader that is %s lets go at once, though the store hangs',
    async (how) => {
      const [record, body] = await stored()
      const onRead = (_key: string, bytes: number): Promise<void> | undefined =>
        bytes > 50_000 ? new Promise(() => undefined) : undefined
      const controller = new AbortController()
      const store = storeOf({ record, body, faults: { onRead } })
      const out = readObjects([record], { store, folder: 'set/id/', identities: [identity], signal: controller.signal })
      const failed: unknown[] = []
      out.on('error', (error) => failed.push(error)).resume()
      await sleep(100)
      const reason = new BackupError('interrupted', 'The run was cancelled by a test.')
      if (how === 'interrupted') controller.abort(reason)
      else out.destroy()
      await closed(out)
      expect(failed).toEqual(how === 'interrupted' ? [reason] : [])
      const children = execFileSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' })
      expect(children).not.toContain('zstd')
    },
  )

  test('a slow reader keeps back the store', async () => {
    const [, small] = await stored('none')
    const body = Buffer.concat(Array.from({ length: 400 }, () => small))
    const record = recordOf({ key: KEY.slice(7), kind: 'tar' }, body)
    let given = 0
    const store = storeOf({
      record,
      body,
      faults: {
        onRead: (_key, bytes) => {
          given = bytes
        },
      },
    })
    const out = readObjects([record], { store, folder: 'set/id/', identities: 'none' })
    await once(out, 'readable')
    await sleep(200)
    expect(given).toBeLessThan(body.length / 4)
    out.destroy()
    await closed(out)
  })
})
