import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption'
import fc from 'fast-check'
import { requirePart } from '../../lab/provision/require-part.ts'
import { createDecrypter, createEncrypter } from './age.ts'
import { AgeError } from './age-error.ts'
import { type AgeIdentity, deriveIdentity, recipientOf } from './age-keys.ts'

const age = await requirePart('age')
const CHUNK = 64 * 1024
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1, 3 * CHUNK, 3 * CHUNK + 1, 5_000_000]

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const other = await generateX25519Identity()

/** In pieces of `step` bytes, so that no boundary of pieces is one of chunks. */
function* pieces(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += step) yield bytes.subarray(start, start + step)
}

async function encrypt(plain: Uint8Array, recipients: readonly string[] = [recipient], step = 10_007): Promise<Buffer> {
  const encrypter = await createEncrypter(recipients)
  return Buffer.concat([...Array.from(pieces(plain, step), (piece) => encrypter.update(piece)), encrypter.final()])
}

/** What came out, and the error that ended it. */
async function decrypt(
  file: Uint8Array,
  identities: readonly AgeIdentity[] = [identity],
  step = 10_007,
): Promise<{ plain: Buffer; error: unknown }> {
  const decrypter = createDecrypter(identities)
  const out: Buffer[] = []
  try {
    for (const piece of pieces(file, step)) out.push(await decrypter.update(piece))
    out.push(await decrypter.final())
    return { plain: Buffer.concat(out), error: undefined }
  } catch (error) {
    return { plain: Buffer.concat(out), error }
  }
}

function isPrefix(part: Buffer, whole: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part)
}

describe('with the npm package as the judge', () => {
  const files = fc.record({
    size: fc.oneof(
      fc.nat(3 * CHUNK),
      fc
        .tuple(fc.nat(4), fc.integer({ min: -17, max: 17 }))
        .map(([chunks, more]) => Math.max(0, chunks * CHUNK + more)),
    ),
    step: fc.integer({ min: 1000, max: 200_000 }),
  })

  test('it decrypts what we encrypt', async () => {
    const judge = new Decrypter()
    judge.addIdentity(identity)
    await fc.assert(
      fc.asyncProperty(files, async ({ size, step }) => {
        const plain = randomBytes(size)
        expect(plain.equals(await judge.decrypt(await encrypt(plain, [recipient], step)))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('we decrypt what it encrypts', async () => {
    const judge = new Encrypter()
    judge.addRecipient(recipient)
    await fc.assert(
      fc.asyncProperty(files, async ({ size, step }) => {
        const plain = randomBytes(size)
        const { plain: got, error } = await decrypt(await judge.encrypt(plain), [identity], step)
        expect([error, got.equals(plain)]).toEqual([undefined, true])
      }),
      { numRuns: 40 },
    )
  })

  test('a post-quantum key and several recipients', async () => {
    const hybrid = await generateHybridIdentity()
    const file = await encrypt(Buffer.from('content'), [recipient, await identityToRecipient(hybrid)])
    const judge = new Decrypter()
    judge.addIdentity(hybrid)
    expect(await judge.decrypt(file, 'text')).toBe('content')
    expect((await decrypt(file, [other, hybrid])).plain.toString()).toBe('content')
  })
})

age.describe('with the age program as the judge', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ondol-age-test-'))
    writeFileSync(join(folder, 'key'), `${identity}\n`)
    writeFileSync(join(folder, 'other'), `${other}\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (args: string[], input: Uint8Array): Buffer =>
    execFileSync(age.path, args, { input, maxBuffer: 2 ** 30, stdio: ['pipe', 'pipe', 'ignore'] })

  test.each(SIZES)('both ways with %d bytes', async (size) => {
    const plain = randomBytes(size)
    const ours = await encrypt(plain)
    expect(run(['-d', '-i', join(folder, 'key')], ours).equals(plain)).toBe(true)
    const theirs = run(['-r', recipient], plain)
    const { plain: got, error } = await decrypt(theirs)
    expect([error, got.equals(plain)]).toEqual([undefined, true])
    expect(ours.length).toBe(theirs.length)
  })

  test('each of several recipients, a derived one among them', async () => {
    const derived = await deriveIdentity('an index key of at least 32 bytes', 'test')
    const recipients = [recipient, await identityToRecipient(other), await recipientOf(derived)]
    const file = await encrypt(Buffer.from('content'), recipients)
    expect(run(['-d', '-i', join(folder, 'other')], file).toString()).toBe('content')
    const theirs = run(
      recipients.flatMap((each) => ['-r', each]),
      Buffer.from('content'),
    )
    expect((await decrypt(theirs, [derived])).plain.toString()).toBe('content')
  })

  test('it refuses what we refuse', async () => {
    const file = await encrypt(randomBytes(3 * CHUNK))
    for (const length of [file.length - 1, file.length - CHUNK, 100]) {
      const cut = file.subarray(0, length)
      expect(spawnSync(age.path, ['-d', '-i', join(folder, 'key')], { input: cut, maxBuffer: 2 ** 30 }).status).toBe(1)
      expect((await decrypt(cut)).error).toMatchObject({ kind: 'corrupt' })
    }
  })
})

describe('damage', () => {
  const plain = randomBytes(2 * CHUNK + 1000)

  test('one flipped bit anywhere is an error, and nothing false comes out before it', async () => {
    const file = await encrypt(plain)
    const bits = fc.oneof(fc.nat(8 * 300), fc.nat(file.length * 8 - 1))
    await fc.assert(
      fc.asyncProperty(bits, fc.integer({ min: 500, max: 150_000 }), async (bit, step) => {
        const flipped = Buffer.from(file)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        const { plain: got, error } = await decrypt(flipped, [identity], step)
        expect(error).toBeInstanceOf(AgeError)
        expect(isPrefix(got, plain)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('so is a cut anywhere, and it is never taken for a wrong key', async () => {
    const file = await encrypt(plain)
    const tag = 16
    const boundaries = [1, 2].map((chunks) => file.length - 1000 - tag - (2 - chunks) * (CHUNK + tag))
    const lengths = fc.oneof(fc.nat(300), fc.nat(file.length - 1), fc.constantFrom(...boundaries))
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const { plain: got, error } = await decrypt(file.subarray(0, length))
        expect(error).toMatchObject({ kind: 'corrupt' })
        expect(isPrefix(got, plain)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('so is anything behind the end, chunks in another order, and one left out', async () => {
    const file = await encrypt(plain)
    const size = CHUNK + 16
    const start = file.length - 1016 - 2 * size
    const [first, second] = [file.subarray(start, start + size), file.subarray(start + size, start + 2 * size)]
    const end = file.subarray(start + 2 * size)
    const head = file.subarray(0, start)
    for (const parts of [
      [file, Buffer.from([0])],
      [head, second, first, end],
      [head, second, end],
      [head, first, end],
    ]) {
      const { plain: got, error } = await decrypt(Buffer.concat(parts))
      expect([(error as AgeError).kind, isPrefix(got, plain)]).toEqual(['corrupt', true])
    }
  })

  test('another empty chunk behind a full last one is refused', async () => {
    // Only the encrypter of a forger writes that: the last chunk flagged as last, and empty.
    const { encryptPayload, payloadKey, decryptPayload } = await import('./age-payload.ts')
    const key = payloadKey(randomBytes(16), randomBytes(16))
    const { createCipheriv } = await import('node:crypto')
    const full = encryptPayload(key).update(randomBytes(CHUNK + 1))
    const nonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
    const empty = Buffer.concat([cipher.update(Buffer.alloc(0)), cipher.final(), cipher.getAuthTag()])
    const payload = decryptPayload(key)
    expect(payload.update(Buffer.concat([full, empty])).length).toBe(CHUNK)
    expect(() => payload.final()).toThrow(AgeError)
  })

  test('after an error nothing comes any more', async () => {
    const file = Buffer.concat([await encrypt(Buffer.alloc(CHUNK)), Buffer.alloc(1)])
    const decrypter = createDecrypter([identity])
    await expect(decrypter.update(file)).rejects.toThrow(AgeError)
    // Without the byte behind it, the chunk would be a right last one.
    await expect(decrypter.final()).rejects.toThrow(AgeError)
  })

  test('a wrong key is told as such', async () => {
    expect((await decrypt(await encrypt(plain), [other])).error).toMatchObject({ kind: 'wrong-key' })
    expect((await decrypt(await encrypt(plain), [])).error).toMatchObject({ kind: 'wrong-key' })
  })

  test.each([
    ['', 'corrupt'],
    ['no age file', 'corrupt'],
    ['x'.repeat(2 ** 21), 'corrupt'],
  ])('%.20s is no age file', async (text, kind) => {
    expect((await decrypt(Buffer.from(text), [identity], 2 ** 16)).error).toMatchObject({ kind })
  })
})

test('an age file without a recipient can not be begun', async () => {
  await expect(createEncrypter([])).rejects.toThrow('needs a recipient')
})
