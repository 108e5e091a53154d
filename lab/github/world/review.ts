import type { PullRequest } from './pull-request.ts'
import { includesRole, type User } from './user.ts'

/** A submitted review; `commit` is the SHA that the reviewer looked at. */
export interface Review {
  id: number
  author: User
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED'
  body: string
  commit: string
  submittedAt: Date
}

/** GraphQL's `reviewDecision`. */
export type ReviewDecision = 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED' | null

/** The last review of each person that says yes or no; a later comment doesn't take it back, a dismissal does. */
export function latestOpinions(reviews: Review[]): Review[] {
  const opinions = reviews.filter(({ state }) => state !== 'COMMENTED')
  return opinions.filter((review) => opinions.findLast(({ author }) => author === review.author) === review)
}

/** What branch protection with one required approval says; only people who may write count, and never the author. */
export function reviewDecision(pullRequest: PullRequest): ReviewDecision {
  if (!pullRequest.reviewRequired) return null
  const { repository, issue } = pullRequest
  const counted = latestOpinions(pullRequest.reviews).filter(
    ({ author }) => author !== issue.author && includesRole(repository.roleOf(author.login), 'write'),
  )
  if (counted.some(({ state }) => state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED'
  return counted.some(({ state }) => state === 'APPROVED') ? 'APPROVED' : 'REVIEW_REQUIRED'
}
