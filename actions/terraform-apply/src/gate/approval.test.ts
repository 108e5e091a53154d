import { describe, expect, test } from '@jest/globals'
import type { Permission, PullRequest, Review } from '../../../../lib/github/pull-requests.ts'
import { type ApplyComment, type ApprovalFacts, judgeApproval, type Policy, standingReviews } from './approval.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute))
const PLANNED = at(10)
const HEAD = 'a'.repeat(40)

const pullRequest: PullRequest = {
  number: 1,
  author: 'author',
  headSha: HEAD,
  headBranch: 'change',
  headRepositoryId: 7,
  baseRepositoryId: 7,
  baseBranch: 'main',
  state: 'open',
  mergedAt: undefined,
  mergeCommitSha: undefined,
}

const permissions = new Map<string, Permission>([
  ['author', 'write'],
  ['pusher', 'admin'],
  ['reviewer', 'write'],
  ['second', 'maintain'],
  ['reader', 'read'],
  ['triager', 'triage'],
  ['robot[bot]', 'admin'],
])

const review = (author: string, change: Partial<Review> = {}): Review => ({
  author,
  authorIsBot: author.endsWith('[bot]'),
  state: 'APPROVED',
  commitSha: HEAD,
  submittedAt: at(20),
  ...change,
})

const command = (change: Partial<ApplyComment> = {}): ApplyComment => ({
  author: 'second',
  authorIsBot: false,
  createdAt: at(30),
  triggeringActor: 'second',
  namesFingerprint: false,
  ...change,
})

const facts = (change: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
  pullRequest,
  plannedAt: PLANNED,
  lastPushers: ['pusher'],
  reviews: [review('reviewer')],
  reviewDecision: undefined,
  changedPaths: ['infra/main.tf'],
  changedPathsComplete: true,
  runApprovals: [],
  permissions,
  ...change,
})

interface Case {
  what: string
  facts?: Partial<ApprovalFacts>
  comment?: Partial<ApplyComment>
  policy?: Policy
  minimum?: Permission
  planKind?: 'reviewed' | 'offered'
  withoutComment?: true
}

const judge = ({
  facts: change,
  comment,
  policy = 'review',
  minimum = 'write',
  planKind = 'reviewed',
  withoutComment,
}: Case) => judgeApproval(facts(change), policy, minimum, withoutComment ? undefined : command(comment), planKind)

const reviews = (...list: Review[]): Partial<ApprovalFacts> => ({ reviews: list })
const merged = { pullRequest: { ...pullRequest, state: 'merged' as const } }
const approvedBy = (user: string, state = 'approved') => ({ user, userIsBot: user.endsWith('[bot]'), state })

describe('approved', () => {
  test.each<Case & { by: string }>([
    { what: 'a review after the plan by another', by: 'reviewer' },
    {
      what: 'one second after the plan',
      facts: reviews(review('reviewer', { submittedAt: new Date(+PLANNED + 1000) })),
      by: 'reviewer',
    },
    {
      what: 'the commenter is the reviewer',
      comment: { author: 'reviewer', triggeringActor: 'reviewer' },
      by: 'reviewer',
    },
    {
      what: 'the author commands what another approved',
      comment: { author: 'author', triggeringActor: 'author' },
      by: 'reviewer',
    },
    { what: 'the login is written otherwise', facts: reviews(review('ReVieWer')), by: 'ReVieWer' },
    { what: 'one of several', facts: reviews(review('author'), review('reader'), review('second')), by: 'second' },
    {
      what: 'an older approval of the same person',
      facts: reviews(review('reviewer', { commitSha: 'b'.repeat(40), submittedAt: at(1) }), review('reviewer')),
      by: 'reviewer',
    },
    {
      what: 'approved after having requested changes',
      facts: reviews(review('reviewer', { state: 'CHANGES_REQUESTED', submittedAt: at(15) }), review('reviewer')),
      by: 'reviewer',
    },
    {
      what: 'the list is not in order',
      facts: reviews(review('reviewer'), review('reviewer', { state: 'CHANGES_REQUESTED', submittedAt: at(15) })),
      by: 'reviewer',
    },
    {
      what: 'a comment after the approval',
      facts: reviews(review('reviewer'), review('reviewer', { state: 'COMMENTED', submittedAt: at(25) })),
      by: 'reviewer',
    },
    {
      what: 'a dismissed change request of another',
      facts: reviews(review('second', { state: 'DISMISSED' }), review('reviewer')),
      by: 'reviewer',
    },
    {
      what: 'a change request by somebody who may not write',
      facts: reviews(review('reader', { state: 'CHANGES_REQUESTED' }), review('reviewer')),
      by: 'reviewer',
    },
    { what: 'GitHub says approved', facts: { reviewDecision: 'APPROVED' }, by: 'reviewer' },
    {
      what: 'a merged one that changed workflows',
      facts: { ...merged, changedPaths: ['.github/workflows/x.yml'] },
      by: 'reviewer',
    },
    {
      what: 'a merged fork',
      facts: { pullRequest: { ...pullRequest, state: 'merged' as const, headRepositoryId: 8 } },
      by: 'reviewer',
    },
    {
      what: 'a path that only begins alike',
      facts: { changedPaths: ['.githubx/a', 'infra/.github/x'] },
      by: 'reviewer',
    },
    { what: 'no comment, on push', withoutComment: true, facts: merged, by: 'reviewer' },
    {
      what: 'a fingerprint for the reviewed plan',
      facts: reviews(),
      comment: { namesFingerprint: true },
      by: 'second, who named its fingerprint',
    },
    {
      what: 'a fingerprint for an offered plan',
      facts: reviews(),
      planKind: 'offered',
      comment: { namesFingerprint: true },
      by: 'second, who named its fingerprint',
    },
    {
      what: "the author's fingerprint for what another reviewed",
      comment: { namesFingerprint: true, author: 'author' },
      by: 'reviewer',
    },
    {
      what: 'a fingerprint after a merge that lacked reviews',
      facts: { ...merged, reviews: [], reviewDecision: 'REVIEW_REQUIRED' },
      planKind: 'offered',
      comment: { namesFingerprint: true },
      by: 'second, who named its fingerprint',
    },
    { what: 'policy merged', policy: 'merged', facts: merged, withoutComment: true, by: 'the merge' },
    { what: 'policy merged, no reviews', policy: 'merged', facts: { ...merged, reviews: [] }, by: 'the merge' },
    {
      what: 'policy merged, an offered plan by its fingerprint',
      policy: 'merged',
      facts: merged,
      planKind: 'offered',
      comment: { namesFingerprint: true, author: 'author' },
      by: 'the merge',
    },
    {
      what: 'policy environment',
      policy: 'environment',
      facts: { ...merged, runApprovals: [approvedBy('reviewer')] },
      withoutComment: true,
      by: 'reviewer',
    },
    {
      what: 'policy environment, one of several',
      policy: 'environment',
      facts: { runApprovals: [approvedBy('author'), approvedBy('second')] },
      by: 'second',
    },
    { what: 'policy none', policy: 'none', facts: reviews(), by: 'nobody needs to (require-approval: none)' },
    { what: 'triage is enough when so set', facts: reviews(review('triager')), minimum: 'triage', by: 'triager' },
  ])('$what', (row) => {
    expect(judge(row)).toEqual({ kind: 'approved', by: row.by })
  })
})

describe('refused', () => {
  test.each<Case & { why: string | RegExp }>([
    { what: 'no review', facts: reviews(), why: 'no approving review stands' },
    {
      what: 'only a comment',
      facts: reviews(review('reviewer', { state: 'COMMENTED' })),
      why: 'no approving review stands',
    },
    {
      what: 'only a pending one',
      facts: reviews(review('reviewer', { state: 'PENDING', submittedAt: new Date(Number.NaN) })),
      why: 'no approving review stands',
    },
    {
      what: 'dismissed',
      facts: reviews(review('reviewer', { state: 'DISMISSED' })),
      why: 'no approving review stands',
    },
    {
      what: 'approved, then dismissed in a later one',
      facts: reviews(review('reviewer', { submittedAt: at(15) }), review('Reviewer', { state: 'DISMISSED' })),
      why: 'no approving review stands',
    },
    {
      what: 'on an older commit',
      facts: reviews(review('reviewer', { commitSha: 'b'.repeat(40) })),
      why: /not on the head commit aaaaaaaaaaaa$/,
    },
    {
      what: 'on a shorter sha',
      facts: reviews(review('reviewer', { commitSha: HEAD.slice(0, 12) })),
      why: /not on the head commit/,
    },
    {
      what: 'before the plan',
      facts: reviews(review('reviewer', { submittedAt: at(5) })),
      why: 'the approving review is older than the plan',
    },
    {
      what: 'in the same second as the plan',
      facts: reviews(review('reviewer', { submittedAt: PLANNED })),
      why: 'the approving review is older than the plan',
    },
    {
      what: 'at no time',
      facts: reviews(review('reviewer', { submittedAt: new Date(Number.NaN) })),
      why: 'the approving review is older than the plan',
    },
    { what: 'by the author', facts: reviews(review('author')), why: "author is the pull request's author" },
    {
      what: 'by the author, written otherwise',
      facts: reviews(review('AUTHOR')),
      why: "AUTHOR is the pull request's author",
    },
    { what: 'by the last pusher', facts: reviews(review('pusher')), why: 'pusher pushed the head commit' },
    {
      what: 'by the last pusher, written otherwise',
      facts: reviews(review('Pusher')),
      why: 'Pusher pushed the head commit',
    },
    {
      what: 'by one of several pushers',
      facts: { lastPushers: ['pusher', 'REVIEWER'] },
      why: 'reviewer pushed the head commit',
    },
    { what: 'when nobody knows who pushed', facts: { lastPushers: [] }, why: /doesn't tell who pushed/ },
    { what: 'by a bot', facts: reviews(review('robot[bot]')), why: 'robot[bot] is a bot' },
    {
      what: 'by a reader',
      facts: reviews(review('reader')),
      why: 'reader has the permission read; write is needed to approve',
    },
    {
      what: 'by triage',
      facts: reviews(review('triager')),
      why: 'triager has the permission triage; write is needed to approve',
    },
    {
      what: 'by somebody unknown',
      facts: reviews(review('ghost')),
      why: 'ghost has the permission none; write is needed to approve',
    },
    {
      what: 'by write where maintain is needed',
      comment: { author: 'pusher', triggeringActor: 'pusher' },
      minimum: 'maintain',
      why: 'reviewer has the permission write; maintain is needed to approve',
    },
    {
      what: 'a standing change request',
      facts: reviews(review('second', { state: 'CHANGES_REQUESTED' }), review('reviewer')),
      why: 'second requested changes',
    },
    {
      what: 'a change request on an older commit',
      facts: reviews(
        review('second', { state: 'CHANGES_REQUESTED', commitSha: 'b'.repeat(40), submittedAt: at(1) }),
        review('reviewer'),
      ),
      why: 'second requested changes',
    },
    {
      what: 'a change request by the same person, later',
      facts: reviews(review('reviewer'), review('REVIEWER', { state: 'CHANGES_REQUESTED', submittedAt: at(21) })),
      why: 'REVIEWER requested changes',
    },
    {
      what: 'the change request of a writer even where maintain approves',
      facts: reviews(review('reviewer', { state: 'CHANGES_REQUESTED' }), review('pusher')),
      minimum: 'maintain',
      why: 'reviewer requested changes',
    },
    {
      what: 'GitHub says review required',
      facts: { reviewDecision: 'REVIEW_REQUIRED' },
      why: 'GitHub says that required reviews are missing',
    },
    {
      what: 'GitHub says review required, though merged',
      facts: { ...merged, reviewDecision: 'REVIEW_REQUIRED' },
      why: 'GitHub says that required reviews are missing',
    },
    {
      what: 'GitHub says changes requested',
      facts: { reviewDecision: 'CHANGES_REQUESTED' },
      why: 'GitHub says that changes are requested',
    },
    { what: 'the command of a bot', comment: { author: 'robot[bot]', authorIsBot: true }, why: /is a bot/ },
    {
      what: 'the command of a reader',
      comment: { author: 'reader' },
      why: 'reader has the permission read; write is needed to apply',
    },
    { what: 'the command of nobody', comment: { author: '' }, why: /has the permission none/ },
    {
      what: 'a re-run by a reader',
      comment: { triggeringActor: 'reader' },
      why: 'reader has the permission read; write is needed to apply',
    },
    { what: 'a command before the plan', comment: { createdAt: at(9) }, why: 'the /apply is older than the plan' },
    {
      what: 'a command in the same second as the plan',
      comment: { createdAt: PLANNED },
      why: 'the /apply is older than the plan',
    },
    {
      what: 'a command at no time',
      comment: { createdAt: new Date(Number.NaN) },
      why: 'the /apply is older than the plan',
    },
    {
      what: 'a fork',
      facts: { pullRequest: { ...pullRequest, headRepositoryId: 8 } },
      why: /fork can be applied only after it is merged/,
    },
    {
      what: 'a fork that is gone',
      facts: { pullRequest: { ...pullRequest, headRepositoryId: undefined } },
      why: /fork can be applied only after it is merged/,
    },
    {
      what: 'a closed one',
      facts: { pullRequest: { ...pullRequest, state: 'closed' } },
      why: 'it was closed without being merged',
    },
    {
      what: 'a workflow',
      facts: { changedPaths: ['infra/x', '.github/workflows/x.yml'] },
      why: /it changes .github\/workflows\/x.yml/,
    },
    {
      what: 'an action that a workflow may use',
      facts: { changedPaths: ['.github/actions/x/action.yml'] },
      why: /it changes .github\/actions\/x\/action.yml/,
    },
    {
      what: 'more files than GitHub lists',
      facts: { changedPathsComplete: false },
      why: /more files than GitHub lists/,
    },
    {
      what: 'an offered plan without its fingerprint',
      planKind: 'offered',
      why: 'only an /apply with its fingerprint approves this plan',
    },
    {
      what: 'an offered plan on push',
      planKind: 'offered',
      policy: 'merged',
      facts: merged,
      withoutComment: true,
      why: 'only an /apply with its fingerprint approves this plan',
    },
    {
      what: 'an offered plan under none',
      planKind: 'offered',
      policy: 'none',
      why: 'only an /apply with its fingerprint approves this plan',
    },
    {
      what: "an offered plan by the author's fingerprint",
      planKind: 'offered',
      comment: { namesFingerprint: true, author: 'author' },
      why: "author is the pull request's author",
    },
    {
      what: "an offered plan by the pusher's fingerprint",
      planKind: 'offered',
      comment: { namesFingerprint: true, author: 'pusher' },
      why: 'pusher pushed the head commit',
    },
    {
      what: 'a fingerprint against a change request',
      facts: reviews(review('reviewer', { state: 'CHANGES_REQUESTED' })),
      comment: { namesFingerprint: true },
      why: 'reviewer requested changes',
    },
    {
      what: 'a fingerprint where reviews are required',
      facts: { reviewDecision: 'REVIEW_REQUIRED' },
      comment: { namesFingerprint: true },
      why: 'GitHub says that required reviews are missing',
    },
    { what: 'policy merged, an open one', policy: 'merged', why: 'the pull request is not merged' },
    { what: 'policy environment, nobody', policy: 'environment', why: /nobody approved this run's environment/ },
    {
      what: 'policy environment, rejected',
      policy: 'environment',
      facts: { runApprovals: [approvedBy('reviewer', 'rejected')] },
      why: /nobody approved this run's environment/,
    },
    {
      what: 'policy environment, the author',
      policy: 'environment',
      facts: { runApprovals: [approvedBy('author')] },
      why: "author is the pull request's author",
    },
    {
      what: 'policy environment, the pusher',
      policy: 'environment',
      facts: { runApprovals: [approvedBy('pusher')] },
      why: 'pusher pushed the head commit',
    },
    {
      what: 'policy environment, a bot',
      policy: 'environment',
      facts: { runApprovals: [approvedBy('robot[bot]')] },
      why: 'robot[bot] is a bot',
    },
    {
      what: 'policy none does not open forks',
      policy: 'none',
      facts: { pullRequest: { ...pullRequest, headRepositoryId: 8 } },
      why: /fork/,
    },
    {
      what: 'policy none does not open commands to all',
      policy: 'none',
      comment: { author: 'reader' },
      why: /needed to apply/,
    },
  ])('$what', (row) => {
    const verdict = judge(row)
    expect(verdict.kind).toBe('refused')
    if (typeof row.why === 'string') expect(verdict).toEqual({ kind: 'refused', why: row.why })
    else expect(verdict).toEqual({ kind: 'refused', why: expect.stringMatching(row.why) })
  })
})

test('the standing review of a person is the latest that says something, whatever the order and the spelling', () => {
  const list = [
    review('b', { state: 'CHANGES_REQUESTED', submittedAt: at(3) }),
    review('A', { state: 'APPROVED', submittedAt: at(5) }),
    review('a', { state: 'CHANGES_REQUESTED', submittedAt: at(1) }),
    review('B', { state: 'COMMENTED', submittedAt: at(9) }),
    review('c', { state: 'APPROVED', submittedAt: at(1) }),
    review('c', { state: 'DISMISSED', submittedAt: at(2) }),
  ]
  const standing = ({ author, state }: Review) => `${author.toLowerCase()} ${state}`
  expect(standingReviews(list).map(standing).sort()).toEqual(['a APPROVED', 'b CHANGES_REQUESTED'])
  expect(standingReviews(list.toReversed()).map(standing).sort()).toEqual(['a APPROVED', 'b CHANGES_REQUESTED'])
})
