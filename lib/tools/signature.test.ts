import { beforeAll, describe, expect, test } from '@jest/globals'
import { createSigner, type Signer } from '../../lab/releases/index.ts'
import { judgeSignature } from './signature.ts'

const CONTENT = Buffer.from('abc  tool.zip\n')
const YEAR_S = 365 * 24 * 60 * 60
const inYear = (year: number) => new Date(Date.UTC(year, 5, 1))

let publisher: Signer
let signature: Buffer
beforeAll(async () => {
  publisher = await createSigner()
  signature = await publisher.sign(CONTENT)
})

describe('a signature', () => {
  test('by the key, of these bytes, is good; armoured too', async () => {
    expect(await judgeSignature(CONTENT, signature, publisher.publicKey)).toEqual({ kind: 'good' })
    const armored = `-----BEGIN PGP SIGNATURE-----\n\n${signature.toString('base64')}\n-----END PGP SIGNATURE-----\n`
    expect(await judgeSignature(CONTENT, Buffer.from(armored), publisher.publicKey)).toEqual({ kind: 'good' })
  })

  test('of other bytes is bad', async () => {
    for (const other of ['', 'abc  tool.zip', 'abc  tool.zip\n\n', 'abd  tool.zip\n'])
      expect(await judgeSignature(Buffer.from(other), signature, publisher.publicKey)).toMatchObject({ kind: 'bad' })
  })

  test('by another key is bad, and the keys are named', async () => {
    const other = await createSigner()
    expect(await judgeSignature(CONTENT, await other.sign(CONTENT), publisher.publicKey)).toEqual({
      kind: 'bad',
      why: expect.stringMatching(/^it is by the key [0-9a-f]{16}, not by [0-9a-f]{16}$/),
    })
  })

  test('with one good one among others is good', async () => {
    const other = await createSigner()
    const both = Buffer.concat([await other.sign(CONTENT), signature])
    expect(await judgeSignature(CONTENT, both, publisher.publicKey)).toEqual({ kind: 'good' })
  })

  test('that is none, or broken, is bad', async () => {
    const flipped = Buffer.from(signature)
    flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1)
    const broken = [Buffer.of(), Buffer.from('Not found'), signature.subarray(0, -1), flipped, Buffer.from('-----')]
    for (const bytes of broken)
      expect(await judgeSignature(CONTENT, bytes, publisher.publicKey)).toMatchObject({ kind: 'bad' })
  })

  test('from the future is bad', async () => {
    const future = await publisher.sign(CONTENT, new Date(Date.now() + 60 * 60 * 1000))
    expect(await judgeSignature(CONTENT, future, publisher.publicKey)).toMatchObject({ kind: 'bad' })
  })
})

describe('a key that is valid for a time is judged at the time of the signature', () => {
  let made2020: Signer
  let signed2020: Buffer
  beforeAll(async () => {
    made2020 = await createSigner({ date: new Date(Date.UTC(2020, 0, 1)), keyExpirationTime: YEAR_S })
    signed2020 = await made2020.sign(CONTENT, inYear(2020))
  })

  test('a signature from before the key expired stays good', async () => {
    expect(await judgeSignature(CONTENT, signed2020, made2020.publicKey)).toEqual({ kind: 'good' })
  })

  test('it stays good when the key is extended later, and when that has run out too', async () => {
    for (const years of [50, 3]) {
      const renewed = await made2020.renewed({ date: inYear(2022), keyExpirationTime: years * YEAR_S })
      expect(await judgeSignature(CONTENT, signed2020, renewed.publicKey)).toEqual({ kind: 'good' })
      const signed2022 = await renewed.sign(CONTENT, inYear(2022))
      expect(await judgeSignature(CONTENT, signed2022, renewed.publicKey)).toEqual({ kind: 'good' })
    }
  })

  test('a signature from after the key expired is bad', async () => {
    const renewed = await made2020.renewed({ date: inYear(2020), keyExpirationTime: 50 * YEAR_S })
    const signed2022 = await renewed.sign(CONTENT, inYear(2022))
    expect(await judgeSignature(CONTENT, signed2022, made2020.publicKey)).toMatchObject({
      kind: 'bad',
      why: expect.stringMatching(/expired/),
    })
  })
})
