import type { PublicKey, Signature, Subkey } from 'openpgp'

/** What a detached OpenPGP signature is worth: `good` means by that key, of these bytes, while the key was valid. */
export type Verdict = { kind: 'good' } | { kind: 'bad'; why: string }

/**
 * Judges a detached signature (binary or armoured) by one public key (armoured) or its subkeys.
 *
 * A key is judged at the time of the signature, by its newest self-signatures, as gpg does: a release that was signed
 * before the key expired stays good, and so does one from before the key's validity was extended. OpenPGP.js by itself
 * refuses the latter, since the self-signature of the extended key is younger than the release.
 */
export async function judgeSignature(content: Buffer, signature: Buffer, armoredKey: string): Promise<Verdict> {
  // Loaded here because most runs find their tool on PATH, and this is a megabyte of code.
  const { createMessage, readKey, verify, config } = await import('openpgp')
  const key = await readKey({ armoredKey })
  const read = await readAny(signature)
  if (!read) return { kind: 'bad', why: 'it is no OpenPGP signature' }
  const { signatures } = await verify({
    message: await createMessage({ binary: new Uint8Array(content) }),
    signature: read,
    verificationKeys: key,
    // No date: the times are compared below. The setting lets openpgp go by the newest self-signatures.
    date: null as unknown as Date,
    config: { ...config, allowInsecureVerificationWithReformattedKeys: true },
  })
  const verdicts = await Promise.all(signatures.map((result) => verdictOf(key, result)))
  return verdicts.find(({ kind }) => kind === 'good') ?? verdicts[0] ?? { kind: 'bad', why: 'it is empty' }
}

type Verified = Awaited<ReturnType<typeof import('openpgp').verify>>['signatures'][number]

async function verdictOf(key: PublicKey, { keyID, verified, signature }: Verified): Promise<Verdict> {
  if (key.getKeys(keyID).length === 0) {
    return { kind: 'bad', why: `it is by the key ${keyID.toHex()}, not by ${key.getKeyID().toHex()}` }
  }
  try {
    await verified
  } catch (error) {
    return { kind: 'bad', why: (error as Error).message }
  }
  const packet = (await signature).packets[0]
  const created = packet?.created
  if (!packet || !created || packet.isExpired()) return { kind: 'bad', why: 'it has expired, or is from the future' }
  const signer = await key.getSigningKey(keyID, null)
  const wasValid = created < (await expirationOf(key)) && created < (await expirationOf(signer))
  return wasValid ? { kind: 'good' } : { kind: 'bad', why: `the key ${keyID.toHex()} had expired when it was made` }
}

async function expirationOf(key: PublicKey | Subkey): Promise<Date | number> {
  return (await key.getExpirationTime()) ?? Number.NEGATIVE_INFINITY
}

async function readAny(signature: Buffer): Promise<Signature | undefined> {
  const { readSignature } = await import('openpgp')
  const isArmored = signature.subarray(0, 5).toString('latin1') === '-----'
  try {
    return await (isArmored
      ? readSignature({ armoredSignature: signature.toString('latin1') })
      : readSignature({ binarySignature: new Uint8Array(signature) }))
  } catch {
    return undefined
  }
}
