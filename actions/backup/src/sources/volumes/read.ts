import type { Fields } from '../fields.ts'
import type { Location, VolumeSource } from '../source.ts'

/** Names that kubectl has for a PersistentVolumeClaim. */
const CLAIMS: ReadonlySet<string> = new Set(['pvc', 'persistentvolumeclaim', 'persistentvolumeclaims'])
/** RFC 1123; doesn't begin with "-", which kubectl would take for an option. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/**
 * Reads the entry of a volume-snapshot. `on: kubernetes://shop/pvc/data` names the claim itself; any other `on` of a cluster gives the
 * namespace, and `claim` the claim.
 */
export function readVolume(fields: Fields, on: Location): Pick<VolumeSource, 'claim' | 'snapshotClass'> {
  if (on.kind !== 'kubernetes') return fields.wrong('on', 'kubernetes://namespace/pvc/name')
  const named = isClaim(on) ? on.name : undefined
  const claim = nameOf(fields, 'claim') ?? named ?? fields.missing('claim')
  if (named !== undefined && claim !== named) return fields.wrong('claim', 'the claim that on names')
  return { claim, snapshotClass: nameOf(fields, 'class') }
}

/** Whether a location is a claim, where nothing can be run. */
export function isClaim(on: Location): boolean {
  return on.kind === 'kubernetes' && CLAIMS.has(on.resource)
}

function nameOf(fields: Fields, key: string): string | undefined {
  const name = fields.text(key)
  return name === undefined || NAME.test(name) ? name : fields.wrong(key, 'the name of an object of Kubernetes')
}
