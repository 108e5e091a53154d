import { timestamp } from '../world/clock.ts'
import type { Issue } from '../world/issue.ts'
import { gitCommitJson } from './commit.ts'
import { commentJson, issueEventJson } from './issue.ts'
import type { Json } from './json.ts'
import { reviewJson } from './pull-request.ts'
import { userJson } from './user.ts'

interface Moment {
  at: Date
  json: Json
}

function pullRequestMoments({ pullRequest, createdAt }: Issue): Moment[] {
  if (pullRequest === null) return []
  const { repository } = pullRequest
  const commits = pullRequest.commits().map((sha) => ({
    at: createdAt,
    json: { event: 'committed', ...gitCommitJson(repository, sha) },
  }))
  const reviews = pullRequest.reviews.map((review) => {
    const json = reviewJson(pullRequest, review)
    return { at: review.submittedAt, json: { event: 'reviewed', ...json, state: review.state.toLowerCase() } }
  })
  return [...commits, ...reviews]
}

/** The schema `timeline-issue-events`: events, comments, reviews and commits in the order in which they came. */
export function timelineJson(issue: Issue): Json[] {
  const { urls } = issue.repository.world
  const events = issue.events.map((event) => ({ at: event.createdAt, json: issueEventJson(issue, event) }))
  const comments = issue.comments.map((comment) => ({
    at: comment.createdAt,
    json: { event: 'commented', ...commentJson(comment), actor: userJson(comment.author, urls) },
  }))
  const moments = [...pullRequestMoments(issue), ...events, ...comments]
  return moments.toSorted((a, b) => timestamp(a.at).localeCompare(timestamp(b.at))).map(({ json }) => json)
}
