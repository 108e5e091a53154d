import { parseDuration } from './duration.ts'

/** A fault on purpose, for rehearsals of deployments: it makes a version bad in one well-known way. */
export type Fault =
  /** This share of the users' requests is answered by 500, evenly spread; the probes stay good */
  | { kind: 'error-rate'; share: number }
  /** The process lives and never becomes ready */
  | { kind: 'never-ready' }
  /** The process ends by itself, this long after it has become ready */
  | { kind: 'crash-after'; ms: number }

/**
 * Reads `error-rate:0.5`, `never-ready` or `crash-after:20s`.
 *
 * @throws Error for anything else
 */
export function parseFault(text: string): Fault {
  const [kind, value = ''] = text.split(':', 2)
  if (kind === 'never-ready' && value === '') return { kind }
  if (kind === 'crash-after') return { kind, ms: parseDuration(value) }
  if (kind === 'error-rate' && /^(0(\.\d+)?|1(\.0+)?)$/.test(value)) return { kind, share: Number(value) }
  throw new Error(`must be error-rate:0.5, never-ready or crash-after:20s, not "${text}"`)
}

/**
 * Tells for one request after the other which must fail, so that of n requests exactly ⌊n × share⌋ do: a share by
 * chance would make every figure that is measured with it a guess.
 */
export function failingShare(share: number): () => boolean {
  let requests = 0
  return () => {
    requests += 1
    return Math.floor(requests * share) > Math.floor((requests - 1) * share)
  }
}
