import type { OwnIssue, Revise, Revision } from '../../../../lib/github/issues.ts'
import type { Times } from './document.ts'

/** What a run has found, and what its issue is to say. */
export type Seen =
  /** Everything is as the configuration says. */
  | { kind: 'clean' }
  /** `digest`: another one means that something else is the matter. */
  | { kind: 'something'; digest: string; body: (times: Times) => string }

export interface Sighting {
  /** By GitHub's clock, which is known once it has replied; as people read it. */
  now: () => string
  /** The run that saw it, as safe Markdown. */
  run: string
}

/**
 * What becomes of a root's issue:
 *
 * - It is opened when there is something, rewritten when that is something else, and closed when there is nothing left.
 *   Nothing is written otherwise.
 * - When there is something again, the same issue is opened again.
 * - Closed by a person as *not planned* (or as a duplicate), it stays closed for as long as the same is the matter: they
 *   know of it. Closed as *completed*, it is opened again, because it isn't.
 */
export function revision(seen: Seen, sighting: Sighting): Revise {
  return (issue) => {
    if (seen.kind === 'clean') return issue && cleaned(issue, sighting)
    return issue ? seenAgain(seen, issue, sighting) : seenFirst(seen, sighting)
  }
}

type Something = Extract<Seen, { kind: 'something' }>

function seenFirst(seen: Something, { now }: Sighting): Revision {
  return written(seen, { first: now(), last: now() }, FIRST_ROUND)
}

function seenAgain(seen: Something, issue: OwnIssue, { now, run }: Sighting): Revision | undefined {
  const { status, digest, first, round = FIRST_ROUND } = issue.fields
  const isSame = status === 'something' && digest === seen.digest
  if (isSame && (issue.state === 'open' || isDismissed(issue))) return undefined
  const times = { first: (status === 'something' && first) || now(), last: now() }
  if (issue.state === 'open') return written(seen, times, round)
  const why =
    status === 'clean' ? 'There is something again' : isSame ? STILL_THERE : 'Something else is the matter now'
  const remark = { key: `round ${next(round)}`, body: `${why}: ${run}.` }
  return { ...written(seen, times, next(round)), remark }
}

const STILL_THERE =
  'Closed as completed, but it is still there (close it as *not planned* to keep it closed for as long as nothing else is the matter)'

function isDismissed({ reason }: OwnIssue): boolean {
  return reason === 'not_planned' || reason === 'duplicate'
}

/** The text stays: it says what was the matter. */
function cleaned({ state, body, fields }: OwnIssue, { run }: Sighting): Revision | undefined {
  if (fields['status'] === 'clean') return undefined
  const round = next(fields['round'] ?? FIRST_ROUND)
  return {
    state: 'closed',
    body,
    fields: { ...fields, status: 'clean', round },
    remark:
      state === 'open'
        ? { key: `round ${round}`, body: `Everything is as the configuration says again: ${run}.` }
        : undefined,
  }
}

function written(seen: Something, times: Times, round: string): Revision {
  return {
    state: 'open',
    body: seen.body(times),
    fields: { status: 'something', digest: seen.digest, first: times.first, round },
    remark: undefined,
  }
}

/** The remarks of one issue are told apart by their rounds: one begins whenever the issue is closed or opened again. */
const FIRST_ROUND = '1'

function next(round: string): string {
  return String(Number(round) + 1)
}
