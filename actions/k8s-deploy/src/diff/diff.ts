import { isDeepStrictEqual } from 'node:util'
import { type Redact, redacted } from '../../../../lib/process/redacted.ts'
import { type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { type LineDiff, unified, wholly } from './hunks.ts'
import { normalise } from './normalise.ts'
import { hideValues } from './secrets.ts'
import { withoutNewDefaults } from './written.ts'
import { yamlLines } from './yaml-lines.ts'

export interface DiffOptions {
  /** Keys the digests by which values of Secrets are shown. */
  digestKey: Uint8Array
  redact: Redact
  /** An autoscaler has its replicas. */
  scaled?: boolean
  /** The object is deleted and made anew. */
  replaced?: boolean
}

/** What would become of one object. `lines`: unified diff of YAML, redacted, without line ends; foreign all the same. */
export interface ObjectDiff extends LineDiff {
  object: Ref
  change: 'create' | 'change' | 'delete' | 'replace' | 'none'
  /** With the strategy blue-green: the name of the Deployment that comes in this one's place. */
  side?: string
}

/**
 * The difference between an object as it lives and as the server's dry run gives it (or the manifest, where there was none).
 * Each value of a Secret is a digest.
 *
 * @throws RangeError when neither is there
 */
export function diffObjects(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  options: DiffOptions,
): ObjectDiff {
  const object = after ?? before
  if (object === undefined) throw new RangeError('nothing to compare: neither of the two objects is there')
  const left = before && meant(before, options.replaced ? undefined : after, options)
  const right = after && meant(after, options.replaced ? undefined : before, options)
  const change = changeOf(left, right, options)
  return { object: refOf(object), change, ...linesOf(left, right, options) }
}

/** What the object is meant to be, with its secret values hidden. */
function meant(object: KubeObject, other: KubeObject | undefined, { digestKey, scaled }: DiffOptions): KubeObject {
  return hideValues(normalise(withoutNewDefaults(object, other), scaled), digestKey)
}

function changeOf(
  left: KubeObject | undefined,
  right: KubeObject | undefined,
  { replaced }: DiffOptions,
): ObjectDiff['change'] {
  if (left === undefined) return 'create'
  if (right === undefined) return 'delete'
  if (replaced) return 'replace'
  return isDeepStrictEqual(left, right) ? 'none' : 'change'
}

function linesOf(left: KubeObject | undefined, right: KubeObject | undefined, { redact }: DiffOptions): LineDiff {
  const shown = (object: KubeObject) => yamlLines(redacted(object, redact))
  const diff =
    left && right
      ? unified(shown(left), shown(right), right.kind)
      : wholly(right ? '+' : '-', shown((right ?? left) as KubeObject))
  // Numbers and what stands around a value aren't redacted by then.
  const lines = diff.lines.map(redact)
  return lines.length === 0 && !isDeepStrictEqual(left, right) ? { ...diff, lines: [UNSEEN] } : { ...diff, lines }
}

const UNSEEN = ' # only values that are hidden here differ'
