import { hkdfSync } from 'node:crypto'
import { equalInConstantTime, keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import type { KubeObject } from '../kube/objects.ts'
import type { AppName, Part } from './own-objects.ts'

/** Annotation of what is kept in the cluster and acted upon later. */
const SEAL = 'ondol.dev/seal'

/**
 * The key of seals, from the input digest-key. Another one than that of digests, since whoever sets a Secret's value has chosen the
 * text of a digest that he can read; of another hash, since the derivation itself would else be such a digest.
 */
export function sealKeyFrom(digestKey: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha512', digestKey, '', SEAL, 32))
}

/** Annotations by which a later run knows that a run of this app, with the same key, has kept this; none without a key. */
export function seal(app: AppName, part: Part, content: unknown): Record<string, string> {
  const digest = sealOf(app, part, content)
  return digest === undefined ? {} : { [SEAL]: digest }
}

/** May what is kept be acted upon? Without a key, whoever may write Secrets in the namespace is believed. */
export function isBelieved({ metadata }: KubeObject, app: AppName, part: Part, content: unknown): boolean {
  const digest = sealOf(app, part, content)
  return digest === undefined || equalInConstantTime(metadata.annotations?.[SEAL] ?? '', digest)
}

function sealOf({ app, namespace, sealKey }: AppName, part: Part, content: unknown): string | undefined {
  return sealKey && keyedDigest(sealKey, JSON.stringify([part, app, namespace, content]))
}
