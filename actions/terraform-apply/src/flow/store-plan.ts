import { UserError } from '../../../../lib/action/errors.ts'
import type { Published } from '../../../../lib/github/comments.ts'
import { sealBundle } from '../bundle/bundle.ts'
import type { Session } from '../session.ts'
import { slotOf } from './application.ts'
import type { Outcome } from './outcome.ts'

/** Stores the plan that was just shown. Returns why it could not. */
export async function storePlan(
  session: Session,
  { store, pullRequest }: Outcome,
  comment: Published | undefined,
): Promise<UserError | undefined> {
  if (!store || !pullRequest || !session.keys || !couldBeSeen(session, comment)) return undefined
  const slot = slotOf(session, pullRequest)
  const bundle = {
    version: 1 as const,
    kind: store.kind,
    plannedAt: session.github.now().toISOString(),
    canonical: store.fresh.canonical,
    closure: { digest: store.closure.digest, files: store.closure.files },
  }
  try {
    await session.store.put(slot, sealBundle(session.keys.bundle, bundle, { ...slot, runId: session.context.runId }))
    return undefined
  } catch (cause) {
    if (cause instanceof UserError) return cause
    const message = `The plan could not be stored, so it can't be applied: ${(cause as Error).message}.`
    return new UserError('unexpected', message, { remedy: 'Comment "/plan" to try again.', cause })
  }
}

/** In its comment, or in the summary of a run whose token may not comment; an older run's plan is not the one shown. */
function couldBeSeen({ inputs }: Session, comment: Published | undefined): boolean {
  if (comment?.kind === 'newer-run') return false
  return comment?.kind === 'published' || inputs.summary
}
