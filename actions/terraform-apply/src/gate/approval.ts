import {
  isAtLeast,
  type Permission,
  type PullRequest,
  type Review,
  type RunApproval,
} from '../../../../lib/github/pull-requests.ts'

/** Which approval is asked for. `judgeApproval` is the rule; its facts come from GitHub's API, never from a comment's or event's claim. */
export type Policy = 'review' | 'merged' | 'environment' | 'none'

export interface ApprovalFacts {
  pullRequest: PullRequest
  /** When the plan could be seen first, on GitHub's clock. */
  plannedAt: Date
  /** Everyone who may have pushed the head commit; empty when GitHub doesn't tell. */
  lastPushers: readonly string[]
  reviews: readonly Review[]
  reviewDecision: string | undefined
  changedPaths: readonly string[]
  /** GitHub lists a limited number of files; beyond it nobody knows what the pull request changes. */
  changedPathsComplete: boolean
  runApprovals: readonly RunApproval[]
  permissions: ReadonlyMap<string, Permission>
}

/** The `/apply` that started the run, when one did. */
export interface ApplyComment {
  author: string
  authorIsBot: boolean
  createdAt: Date
  triggeringActor: string
  /** It names the fingerprint of the plan that is to be applied, and so approves exactly that one. */
  namesFingerprint: boolean
}

export type Verdict = { kind: 'approved'; by: string } | { kind: 'refused'; why: string }

/**
 * Is the plan approved?
 *
 * @param minimum the permission that an approver needs
 * @param planKind only a plan that the pull request showed can be approved by a review; an offered one needs its fingerprint
 */
export function judgeApproval(
  facts: ApprovalFacts,
  policy: Policy,
  minimum: Permission,
  comment: ApplyComment | undefined,
  planKind: 'reviewed' | 'offered',
): Verdict {
  const barrier = commandBarrier(facts, minimum, comment) ?? unmergedBarrier(facts)
  if (barrier !== undefined) return { kind: 'refused', why: barrier }
  if (planKind === 'offered' && !comment?.namesFingerprint)
    return { kind: 'refused', why: 'only an /apply with its fingerprint approves this plan' }
  switch (policy) {
    case 'none':
      return { kind: 'approved', by: 'nobody needs to (require-approval: none)' }
    case 'merged':
      return judgeMerged(facts)
    case 'environment':
      return judgeEnvironment(facts, minimum)
    case 'review':
      return judgeReview(facts, minimum, comment, planKind)
  }
}

/** Whoever may not command an apply can't start one, whatever the policy. */
function commandBarrier(
  facts: ApprovalFacts,
  minimum: Permission,
  comment: ApplyComment | undefined,
): string | undefined {
  if (!comment) return undefined
  if (comment.authorIsBot) return `${comment.author} is a bot, and bots can't give the command`
  for (const login of [comment.author, comment.triggeringActor]) {
    const permission = permissionOf(facts, login)
    if (!isAtLeast(permission, minimum))
      return `${login} has the permission ${permission}; ${minimum} is needed to apply`
  }
  return comment.createdAt > facts.plannedAt ? undefined : 'the /apply is older than the plan'
}

/** A pull request that isn't merged may still be rewritten, workflows included. */
function unmergedBarrier({ pullRequest, changedPaths, changedPathsComplete }: ApprovalFacts): string | undefined {
  if (pullRequest.state === 'merged') return undefined
  if (pullRequest.state === 'closed') return 'it was closed without being merged'
  if (pullRequest.headRepositoryId !== pullRequest.baseRepositoryId)
    return 'a pull request from a fork can be applied only after it is merged'
  const workflow = changedPaths.find((path) => path.startsWith('.github/'))
  if (workflow !== undefined) return `it changes ${workflow}, so it can be applied only after it is merged`
  return changedPathsComplete
    ? undefined
    : 'it changes more files than GitHub lists, so it can be applied only after it is merged'
}

/** A merge approves what could be seen before it. */
function judgeMerged({ pullRequest, plannedAt }: ApprovalFacts): Verdict {
  if (pullRequest.mergedAt && pullRequest.mergedAt <= plannedAt)
    return { kind: 'refused', why: 'the plan is newer than the merge' }
  return pullRequest.state === 'merged'
    ? { kind: 'approved', by: 'the merge' }
    : { kind: 'refused', why: 'the pull request is not merged' }
}

function judgeEnvironment(facts: ApprovalFacts, minimum: Permission): Verdict {
  const approvals = facts.runApprovals.filter(({ state }) => state === 'approved')
  if (approvals.length === 0)
    return { kind: 'refused', why: "nobody approved this run's environment; the job needs one with required reviewers" }
  return firstAllowed(
    facts,
    minimum,
    approvals.map(({ user, userIsBot }) => ({ login: user, isBot: userIsBot })),
  )
}

function judgeReview(
  facts: ApprovalFacts,
  minimum: Permission,
  comment: ApplyComment | undefined,
  planKind: 'reviewed' | 'offered',
): Verdict {
  const standing = standingReviews(facts.reviews)
  const objection = standing.find(
    ({ state, author }) => state === 'CHANGES_REQUESTED' && isAtLeast(permissionOf(facts, author), 'write'),
  )
  if (objection) return { kind: 'refused', why: `${objection.author} requested changes` }
  if (facts.reviewDecision === 'CHANGES_REQUESTED')
    return { kind: 'refused', why: 'GitHub says that changes are requested' }
  if (facts.reviewDecision === 'REVIEW_REQUIRED' && facts.pullRequest.state !== 'merged') return MISSING_REVIEWS
  if (comment?.namesFingerprint) {
    const objectionToAuthor = personBarrier(facts, minimum, { login: comment.author, isBot: comment.authorIsBot })
    if (objectionToAuthor === undefined) return { kind: 'approved', by: `${comment.author}, who named its fingerprint` }
    if (planKind === 'offered') return { kind: 'refused', why: objectionToAuthor }
  }
  if (facts.reviewDecision === 'REVIEW_REQUIRED') return MISSING_REVIEWS
  return judgeReviews(facts, minimum, standing)
}

const MISSING_REVIEWS: Verdict = { kind: 'refused', why: 'GitHub says that required reviews are missing' }

function judgeReviews(facts: ApprovalFacts, minimum: Permission, standing: readonly Review[]): Verdict {
  const approvals = standing.filter(({ state }) => state === 'APPROVED')
  if (approvals.length === 0) return { kind: 'refused', why: 'no approving review stands' }
  const { pullRequest, plannedAt } = facts
  const onHead = approvals.filter(({ commitSha }) => commitSha === pullRequest.headSha)
  if (onHead.length === 0)
    return {
      kind: 'refused',
      why: `the approving review is not on the head commit ${pullRequest.headSha.slice(0, 12)}`,
    }
  const afterPlan = onHead.filter(({ submittedAt }) => submittedAt > plannedAt)
  if (afterPlan.length === 0) return { kind: 'refused', why: 'the approving review is older than the plan' }
  return firstAllowed(
    facts,
    minimum,
    afterPlan.map(({ author, authorIsBot }) => ({ login: author, isBot: authorIsBot })),
  )
}

interface Person {
  login: string
  isBot: boolean
}

/** The first who may approve; else why the last one may not. */
function firstAllowed(facts: ApprovalFacts, minimum: Permission, people: readonly Person[]): Verdict {
  const barriers = people.map((person) => ({ person, barrier: personBarrier(facts, minimum, person) }))
  const allowed = barriers.find(({ barrier }) => barrier === undefined)
  if (allowed) return { kind: 'approved', by: allowed.person.login }
  return { kind: 'refused', why: barriers.at(-1)?.barrier ?? 'nobody approved' }
}

/** Why this person's approval doesn't count. GitHub's logins ignore case. */
function personBarrier(facts: ApprovalFacts, minimum: Permission, { login, isBot }: Person): string | undefined {
  if (isBot) return `${login} is a bot`
  if (isSame(login, facts.pullRequest.author)) return `${login} is the pull request's author`
  if (facts.lastPushers.length === 0)
    return "GitHub doesn't tell who pushed the head commit, so nobody is known to be another"
  if (facts.lastPushers.some((pusher) => isSame(login, pusher))) return `${login} pushed the head commit`
  const permission = permissionOf(facts, login)
  return isAtLeast(permission, minimum)
    ? undefined
    : `${login} has the permission ${permission}; ${minimum} is needed to approve`
}

/**
 * The review of each person that stands: the latest one that approves, requests changes, or was one of these before it
 * was dismissed. A comment changes nothing, as on GitHub.
 */
export function standingReviews(reviews: readonly Review[]): Review[] {
  const latest = new Map<string, Review>()
  for (const review of [...reviews].sort((left, right) => left.submittedAt.getTime() - right.submittedAt.getTime())) {
    if (['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(review.state))
      latest.set(review.author.toLowerCase(), review)
  }
  return [...latest.values()].filter(({ state }) => state !== 'DISMISSED')
}

function permissionOf(facts: ApprovalFacts, login: string): Permission {
  return facts.permissions.get(login.toLowerCase()) ?? 'none'
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}
