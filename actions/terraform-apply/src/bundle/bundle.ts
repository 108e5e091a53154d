import { UserError } from '../../../../lib/action/errors.ts'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { open, seal, TamperedError } from '../../../../lib/crypto/sealed.ts'
import type { Closure } from '../closure/closure.ts'
import type { CanonicalPlan } from '../plan/canonical.ts'
import { isMap } from '../plan/json.ts'

/**
 * What a plan run leaves behind for the apply: evidence of what was shown, never anything to execute. Whoever may push a
 * branch can make one, so an apply only ever compares it with a plan of its own.
 */
export interface PlanBundle {
  version: 1
  /** `reviewed`: the plan of a pull request. `offered`: made by an apply run after a refusal or a failure. */
  kind: 'reviewed' | 'offered'
  /** When it was made, on GitHub's clock (ISO 8601). */
  plannedAt: string
  canonical: CanonicalPlan
  closure: Closure
}

/** What a bundle belongs to. It opens for nothing else. */
export interface Binding {
  repositoryId: number
  pullRequest: number
  headSha: string
  root: string
  directory: string
  workspace: string
  runId: number
}

/** A canonical plan of 10,000 resources seals to about 2 MB. */
export const LIMITS = { maxSealedBytes: 32 * 1024 * 1024, maxPlaintextBytes: 512 * 1024 * 1024 }

export function sealBundle(key: Uint8Array, bundle: PlanBundle, binding: Binding): Uint8Array {
  const sealed = seal(key, canonicalJson(bundle), { ...binding })
  if (sealed.length <= LIMITS.maxSealedBytes) return sealed
  throw new UserError(
    'plan-failed',
    `The plan's bundle has ${sealed.length} bytes; at most ${LIMITS.maxSealedBytes} can be stored.`,
    {
      remedy: 'Divide the root into smaller ones.',
    },
  )
}

/** What opening and reading throw; a RangeError, when values are nested too deeply. */
const UNREADABLE = [TamperedError, SyntaxError, TypeError, RangeError]

/** Throws `plan-tampered` for anything but a bundle that was sealed under this key for this binding. */
export function openBundle(key: Uint8Array, sealed: Uint8Array, binding: Binding): PlanBundle {
  try {
    return checkShape(parseJsonExact(Buffer.from(open(key, sealed, { ...binding }, LIMITS)).toString()))
  } catch (cause) {
    if (!UNREADABLE.some((kind) => cause instanceof kind)) throw cause
    throw new UserError(
      'plan-tampered',
      `The stored plan of run ${binding.runId} is not what this pull request's plan run stored for ${binding.headSha.slice(0, 12)}.`,
      {
        remedy: 'Find out who wrote it; "/plan" makes a new one.',
        cause,
      },
    )
  }
}

/** Whoever holds the key can seal anything, so a wrong shape must not get further than here. */
function checkShape(value: unknown): PlanBundle {
  const bundle = value as PlanBundle
  const fine =
    bundle.version === 1 &&
    (bundle.kind === 'reviewed' || bundle.kind === 'offered') &&
    typeof bundle.plannedAt === 'string' &&
    !Number.isNaN(Date.parse(bundle.plannedAt)) &&
    bundle.canonical.version === 1 &&
    [
      bundle.canonical.resources,
      bundle.canonical.outputs,
      bundle.canonical.provisioners,
      bundle.canonical.digests,
    ].every(isMap) &&
    Object.values(bundle.canonical.resources).every(isChange) &&
    Object.values(bundle.canonical.outputs).every(isChange) &&
    isMap(bundle.canonical.tool?.providers) &&
    Array.isArray(bundle.canonical.checks) &&
    isMap(bundle.closure.files) &&
    typeof bundle.closure.digest === 'string'
  if (!fine) throw new TypeError('the bundle has another shape')
  return bundle
}

function isChange(change: unknown): boolean {
  if (!isMap(change) || !['facts', 'before', 'after', 'unknown'].every((key) => isMap(change[key]))) return false
  const { actions } = change['facts'] as { actions?: unknown }
  return Array.isArray(actions) && actions.every((action) => typeof action === 'string')
}
