import { listLabellings, type PullRequest, permissionOf } from '../../../../lib/github/pull-requests.ts'
import { consentBarrier, findDestroys, needsConsent } from '../gate/destroy-guard.ts'
import type { Plan } from '../plan/format.ts'
import type { Guard } from '../render/report.ts'
import type { Session } from '../session.ts'

export interface GuardVerdict {
  /** For the comment; `undefined` when the plan destroys nothing that matters. */
  guard: Guard | undefined
  /** Why the plan may not be applied as things stand. */
  barrier: string | undefined
}

/**
 * Holds a plan against the destroy guard. `plannedAt`: a label counts only from then on; `undefined` for a plan that is
 * only now being shown, for which no consent can exist yet.
 */
export async function judgeDestroys(
  session: Session,
  plan: Plan,
  pullRequest: PullRequest | undefined,
  plannedAt: Date | undefined,
): Promise<GuardVerdict> {
  const { protectedResources, maxDestroy, allowDestroyLabel: label } = session.inputs
  const findings = findDestroys(plan, protectedResources, maxDestroy)
  if (!needsConsent(findings)) return { guard: undefined, barrier: undefined }
  const barrier =
    plannedAt === undefined || !pullRequest
      ? `the label ${label} is needed`
      : await askForConsent(session, pullRequest, plannedAt)
  const guard = {
    protected: findings.protected,
    ...(findings.tooMany ? { tooMany: findings.tooMany } : {}),
    label,
    labelled: barrier === undefined,
  }
  return { guard, barrier }
}

async function askForConsent(session: Session, pullRequest: PullRequest, plannedAt: Date): Promise<string | undefined> {
  const { allowDestroyLabel: label, approversPermission: minimum } = session.inputs
  const labellings = await listLabellings(session.github, pullRequest.number)
  const last = labellings.filter((labelling) => labelling.label === label).at(-1)
  const permissions = new Map(last ? [[last.actor.toLowerCase(), await permissionOf(session.github, last.actor)]] : [])
  return consentBarrier(label, labellings, permissions, { author: pullRequest.author, minimum, plannedAt })
}
