import { git, gitOrNull, isAncestor, listCommits, updateRef } from './git.ts'
import { addComment, addLabel, type Comment, closeIssue, type Issue, recordEvent, removeLabel } from './issue.ts'
import { type MergeMethod, mergeBase, mergeBy, mergeCommit } from './merge.ts'
import type { Repository } from './repository.ts'
import type { Review } from './review.ts'
import { signatureOf, type User, webFlow } from './user.ts'

/** How a pull request ended on its base branch; `commits` are the SHAs that it brought there. */
export interface Merge {
  at: Date
  by: User
  sha: string
  commits: string[]
}

interface Sides {
  issue: Issue
  headRepository: Repository
  headBranch: string
  baseBranch: string
  draft: boolean
}

/** A pull request of `repository`, whose commits are git objects there, also when its head is a fork's branch. */
export class PullRequest {
  readonly id: number
  readonly issue: Issue
  readonly repository: Repository
  readonly headRepository: Repository
  readonly headBranch: string
  readonly baseBranch: string
  readonly draft: boolean
  headSha: string
  baseSha: string
  /** The commit under `refs/pull/N/merge`; null while head and base conflict. */
  testMerge: string | null = null
  reviewRequired = false
  merged: Merge | null = null
  readonly reviews: Review[] = []

  constructor({ issue, headRepository, headBranch, baseBranch, draft }: Sides) {
    this.issue = issue
    this.repository = issue.repository
    this.id = this.repository.world.nextId()
    this.headRepository = headRepository
    this.headBranch = headBranch
    this.baseBranch = baseBranch
    this.draft = draft
    this.headSha = headRepository.tip(headBranch)
    this.baseSha = this.repository.tip(baseBranch)
    this.fetchHead()
    this.updateTestMerge()
  }

  get number(): number {
    return this.issue.number
  }

  /** The SHA of `refs/pull/N/merge`. Throws while head and base conflict: then there is none. */
  get mergeSha(): string {
    if (this.testMerge === null) throw new Error(`#${this.number} conflicts with ${this.baseBranch}`)
    return this.testMerge
  }

  /** The commits that the head has and the base hasn't, oldest first. */
  commits(): string[] {
    return listCommits(this.repository.gitDir, `${this.baseSha}..${this.headSha}`)
  }

  /** Where the head left the base: GitHub lists a pull request's files from there. */
  forkPoint(): string | null {
    return mergeBase(this.repository.gitDir, this.baseSha, this.headSha)
  }

  review({ by, state, commit = this.headSha, body = '' }: ReviewSubmission): Review {
    const { world } = this.repository
    const submittedAt = world.clock.tick()
    const review = { id: world.nextId(), author: world.user(by), state, body, commit, submittedAt }
    this.reviews.push(review)
    this.issue.updatedAt = submittedAt
    return review
  }

  dismiss(review: Review, by: string, message = 'Out of date'): void {
    const previousState = review.state.toLowerCase()
    const actor = this.repository.world.user(by)
    recordEvent(this.issue, actor, { event: 'review_dismissed', reviewId: review.id, previousState, message })
    review.state = 'DISMISSED'
  }

  /** Whether the base branch demands one approving review; it drives `reviewDecision`. */
  requireReview(required: boolean): void {
    this.reviewRequired = required
  }

  comment(by: string, body: string): Comment {
    return addComment(this.issue, this.repository.world.user(by), body)
  }

  comments(): Comment[] {
    return [...this.issue.comments]
  }

  label(name: string, by: string): void {
    addLabel(this.issue, name, this.repository.world.user(by))
  }

  unlabel(name: string, by: string): void {
    removeLabel(this.issue, name, this.repository.world.user(by))
  }

  close(by: string = this.issue.author.login): void {
    closeIssue(this.issue, this.repository.world.user(by), null)
  }

  /**
   * Merges into the base branch and returns its new tip.
   *
   * @throws when the pull request is not open or conflicts
   */
  merge({ by, method = 'merge' }: { by: string; method?: MergeMethod }): string {
    if (this.issue.state !== 'open') throw new Error(`#${this.number} is not open`)
    const { repository } = this
    const actor = repository.world.user(by)
    const at = repository.world.clock.tick()
    const base = repository.tip(this.baseBranch)
    const sha = mergeBy(method, this.mergePlan(base, method, method === 'squash' ? this.issue.author : actor, at))
    const commits = listCommits(repository.gitDir, `${base}..${sha}`)
    this.merged = { at, by: actor, sha, commits }
    recordEvent(this.issue, actor, { event: 'merged', commitId: sha })
    closeIssue(this.issue, actor, null)
    repository.moveBranch(this.baseBranch, sha, actor, 'pr_merge')
    return sha
  }

  /** Takes over the head branch's new tip. */
  synchronize(by: User): void {
    const before = this.headSha
    this.headSha = this.headRepository.tip(this.headBranch)
    this.baseSha = this.repository.tip(this.baseBranch)
    this.fetchHead()
    this.updateTestMerge()
    this.issue.updatedAt = this.repository.world.clock.now()
    if (!isAncestor(this.repository.gitDir, before, this.headSha)) {
      recordEvent(this.issue, by, { event: 'head_ref_force_pushed', commitId: this.headSha })
    }
  }

  /** Rebuilds `refs/pull/N/merge` from the present head and the base branch's tip. */
  updateTestMerge(): void {
    const { gitDir, world } = this.repository
    const base = this.repository.tip(this.baseBranch)
    this.testMerge = mergeCommit({
      ...this.mergePlan(base, 'merge', this.issue.author, world.clock.now()),
      message: `Merge ${this.headSha} into ${base}`,
    })
    const ref = `refs/pull/${this.number}/merge`
    if (this.testMerge === null) gitOrNull(gitDir, ['update-ref', '-d', ref])
    else updateRef(gitDir, ref, this.testMerge)
  }

  private mergePlan(base: string, method: MergeMethod, author: User, date: Date) {
    const { title, number } = this.issue
    const from = `${this.headRepository.owner.login}/${this.headBranch}`
    const message =
      method === 'squash' ? `${title} (#${number})` : `Merge pull request #${number} from ${from}\n\n${title}`
    const signatures = { author: signatureOf(author, date), committer: webFlow(date) }
    return { gitDir: this.repository.gitDir, base, head: this.headSha, message, ...signatures }
  }

  private fetchHead(): void {
    const { gitDir } = this.repository
    const ref = `refs/pull/${this.number}/head`
    if (this.headRepository === this.repository) updateRef(gitDir, ref, this.headSha)
    else git(gitDir, ['fetch', '--quiet', this.headRepository.gitDir, `+refs/heads/${this.headBranch}:${ref}`])
  }
}

/** A review to submit; `commit` is the present head unless an older SHA is wanted. */
export interface ReviewSubmission {
  by: string
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'
  commit?: string
  body?: string
}
