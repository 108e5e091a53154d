import { keyedDigest } from '../../../lib/crypto/fingerprint.ts'
import { deriveKey } from '../../../lib/crypto/keys.ts'
import type { Signer } from '../../../lib/github/marker.ts'

/** One key per purpose, all derived from `plan-key`. */
export interface Keys {
  /** Encrypts bundles. */
  bundle: Uint8Array
  /** Encrypts the rows of joined comments. */
  row: Uint8Array
  /** Keys the digests of sensitive values in canonical plans. */
  sensitive: Uint8Array
  /** Keys fingerprints. */
  fingerprint: Uint8Array
  /** Signs the markers of comments. */
  sign: Signer
}

export function deriveKeys(planKey: string): Keys {
  const marker = deriveKey(planKey, 'ondol/terraform-apply/marker')
  return {
    bundle: deriveKey(planKey, 'ondol/terraform-apply/bundle'),
    row: deriveKey(planKey, 'ondol/terraform-apply/row'),
    sensitive: deriveKey(planKey, 'ondol/terraform-apply/sensitive'),
    fingerprint: deriveKey(planKey, 'ondol/terraform-apply/fingerprint'),
    sign: (text) => keyedDigest(marker, text),
  }
}
