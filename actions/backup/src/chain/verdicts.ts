import type { Verdict } from '../catalogue/manifest.ts'

/** What all proofs of one backup come to. */
export type Standing = { kind: 'passed'; verdict: Verdict } | { kind: 'failed'; verdict: Verdict }

/**
 * By id of the backup. A failure stands until a later proof passes that went as deep: a sample doesn't clear what a full read
 * found, a look at bytes doesn't clear what decrypting found, and a verification doesn't clear a rehearsal. A proof that read
 * nothing proves nothing.
 */
export function standingsOf(verdicts: readonly Verdict[]): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  for (const verdict of verdicts.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
    const next = standingAfter(standings.get(verdict.id), verdict)
    if (next !== undefined) standings.set(verdict.id, next)
  }
  return standings
}

function standingAfter(standing: Standing | undefined, verdict: Verdict): Standing | undefined {
  if (!verdict.passed) return { kind: 'failed', verdict: deeper(standing, verdict) }
  if (verdict.coverage === 0) return standing
  if (standing?.kind === 'failed' && !clears(verdict, standing.verdict)) return standing
  return { kind: 'passed', verdict }
}

/** Of two failures in a row, the one that is harder to clear. */
function deeper(standing: Standing | undefined, verdict: Verdict): Verdict {
  return standing?.kind === 'failed' && !clears(verdict, standing.verdict) ? standing.verdict : verdict
}

function clears(later: Verdict, failure: Verdict): boolean {
  return (
    later.coverage >= failure.coverage &&
    (later.decrypted || !failure.decrypted) &&
    (later.kind === 'rehearse' || failure.kind === 'verify')
  )
}
