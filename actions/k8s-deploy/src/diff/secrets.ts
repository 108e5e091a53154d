import { keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import type { KubeObject } from '../kube/objects.ts'
import { fieldsOf } from '../manifests/fields.ts'

/** 48 bits: two values of one place are never taken for one by chance. */
const DIGITS = 12

/**
 * The object with a digest instead of each value of a Secret and of each binary value. A reader sees whether the value of a
 * key stays the same, and nothing else: not its length, and not whether it is another key's or another Secret's, too, for the place
 * is part of the digest. Whoever doesn't have the key can't test guesses.
 */
export function hideValues(object: KubeObject, key: Uint8Array): KubeObject {
  if (object.apiVersion !== 'v1') return object
  if (object.kind === 'Secret') return hideSecret(object, key)
  if (object.kind === 'ConfigMap') return hideBinary(object, key)
  return object
}

/** `stringData` is shown where the server puts it; it counts more than what `data` says. */
function hideSecret({ data, stringData, ...secret }: KubeObject, key: Uint8Array): KubeObject {
  const texts = Object.entries(fieldsOf(stringData)).map(([name, text]) => [name, Buffer.from(String(text))] as const)
  const values = new Map([...decoded(data), ...texts])
  return (values.size === 0 ? secret : { ...secret, data: digests(values, secret as KubeObject, key) }) as KubeObject
}

function hideBinary(object: KubeObject, key: Uint8Array): KubeObject {
  const values = new Map(decoded(object['binaryData']))
  return values.size === 0 ? object : { ...object, binaryData: digests(values, object, key) }
}

function decoded(data: unknown): (readonly [string, Buffer])[] {
  return Object.entries(fieldsOf(data)).map(([name, value]) => [name, Buffer.from(String(value), 'base64')])
}

function digests(values: ReadonlyMap<string, Buffer>, { kind, metadata }: KubeObject, key: Uint8Array): object {
  return Object.fromEntries(
    [...values].map(([name, value]) => {
      const place = JSON.stringify([kind, metadata.namespace ?? '', metadata.name, name])
      const digest = keyedDigest(key, Buffer.concat([Buffer.from(`${place}\n`), value]))
      return [name, `(digest ${digest.slice(0, DIGITS)})`]
    }),
  )
}
