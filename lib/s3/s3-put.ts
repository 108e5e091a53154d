import { createHash } from 'node:crypto'
import { PutObjectCommand, type PutObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Call, Target } from './s3-calls.ts'
import { creation, creationAction, wantsChecksums } from './s3-creation.ts'
import { errorCode, whenCode } from './s3-errors.ts'
import { findObject } from './s3-list.ts'
import { readWhole } from './s3-read.ts'
import { type PutOptions, StoreError } from './store.ts'

type Outcome = 'written' | 'exists'

/** One object as it is put. */
interface Putting {
  key: string
  body: Uint8Array
  call: Call
  input: ReturnType<typeof creation> & { Body: Uint8Array; ChecksumSHA256?: string }
}

/** Stores an object by one request. `sha256` is that of `body`, when it is known already. */
export async function putObject(
  target: Target,
  key: string,
  body: Uint8Array,
  options: PutOptions & { sha256?: Buffer } = {},
): Promise<Outcome> {
  const { ifAbsent = false, lock, sha256 = createHash('sha256').update(body).digest() } = options
  const checksum = wantsChecksums(target, lock) ? { ChecksumSHA256: sha256.toString('base64') } : {}
  const putting: Putting = {
    key,
    body,
    call: { action: creationAction(lock), doing: `write ${key}` },
    input: { ...creation(target, key, lock), Body: body, ...checksum },
  }
  return ifAbsent ? putIfAbsent(target, putting) : put(target, putting)
}

async function put(target: Target, { call, input }: Putting): Promise<Outcome> {
  const reply = await target.call(call, (client, send) => client.send(new PutObjectCommand(input), send))
  return accepted(target, reply, call, input.ChecksumSHA256)
}

function accepted(target: Target, reply: PutObjectCommandOutput, call: Call, sent: string | undefined): 'written' {
  const stored = reply.ChecksumSHA256
  if (stored === undefined || sent === undefined || stored === sent) return 'written'
  throw new StoreError('store-missing', `${target.name} could not ${call.doing}: it holds other bytes than were sent.`)
}

async function putIfAbsent(target: Target, putting: Putting): Promise<Outcome> {
  const { call, input } = putting
  let attempts = 0
  const outcome = await target.call(call, (client, send) => {
    attempts += 1
    return client
      .send(new PutObjectCommand({ ...input, IfNoneMatch: '*' }), send)
      .then((reply) => accepted(target, reply, call, input.ChecksumSHA256))
      .catch(whenCode(['PreconditionFailed'], 'exists' as const))
      .catch(whenCode(['NotImplemented'], 'unconditional' as const))
  })
  if (outcome === 'unconditional') return putUnlessListed(target, putting)
  // An earlier attempt of ours may have been carried out while its reply was lost.
  if (outcome === 'exists' && attempts > 1) return (await isOurs(target, putting)) ? 'written' : 'exists'
  return outcome
}

/** Some stores (Backblaze B2) know no condition; what a list shows is the best that they can tell. */
async function putUnlessListed(target: Target, putting: Putting): Promise<Outcome> {
  return (await findObject(target, putting.key)) === undefined ? put(target, putting) : 'exists'
}

async function isOurs(target: Target, { key, body }: Putting): Promise<boolean> {
  try {
    const stored = await readWhole(target, key, body.length)
    return stored?.equals(body) ?? false
  } catch (error) {
    if (error instanceof StoreError && errorCode(error.cause) !== 'AccessDenied') throw error
    return false
  }
}
