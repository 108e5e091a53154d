import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Json } from '../plan/format.ts'

/** Which values force a replacement, as seen from one value: itself, and those a step further down. */
export interface Forced {
  here: boolean
  inner: ReadonlyMap<string, Forced>
}

export const NOTHING_FORCED: Forced = { here: false, inner: new Map() }

/** From Terraform's `replace_paths`: steps from the object down. */
export function forcedBy(paths: readonly (readonly Json[])[]): Forced {
  const groups = Map.groupBy(
    paths.filter(({ length }) => length > 0),
    ([step = null]) => canonicalJson(step),
  )
  return {
    here: paths.some(({ length }) => length === 0),
    inner: new Map([...groups].map(([step, group]) => [step, forcedBy(group.map(([, ...rest]) => rest))])),
  }
}

/** One step down. An element of a set is known by itself instead of an index, so a step may have several names. */
export function forcedAt({ inner }: Forced, ...steps: readonly (Json | undefined)[]): Forced {
  if (inner.size === 0) return NOTHING_FORCED
  const found = steps.flatMap((step) => (step === undefined ? [] : (inner.get(canonicalJson(step)) ?? [])))
  return found[0] ?? NOTHING_FORCED
}
