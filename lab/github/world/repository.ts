import { type EventDetails, eventPayload } from '../view/events.ts'
import type { Artifact } from './artifact.ts'
import type { CheckRun } from './check.ts'
import { checkOut } from './checkout.ts'
import type { Deployment } from './deployment.ts'
import {
  branchTip,
  commitFiles,
  type FileContent,
  git,
  isAncestor,
  NO_COMMIT,
  resolveCommit,
  updateRef,
} from './git.ts'
import { addComment, type Comment, type Issue, type Label, openIssue } from './issue.ts'
import { PullRequest } from './pull-request.ts'
import { Run, type RunRequest } from './run.ts'
import { includesRole, type Role, signatureOf, type User } from './user.ts'
import type { World } from './world.ts'

/** A move of a branch, as `GET /repos/{owner}/{repo}/activity` lists it. */
export interface Activity {
  id: number
  ref: string
  before: string
  after: string
  type: 'push' | 'force_push' | 'branch_creation' | 'pr_merge'
  actor: User
  at: Date
}

export interface PushRequest {
  branch: string
  files: Record<string, FileContent>
  message?: string
  by: string
  /** Where a new branch starts (else the default branch's tip), or with `force` what an old one is reset to. */
  from?: string
  /** Puts the commit on `from` (or on the tip's parent: an amended commit) instead of on the tip. */
  force?: boolean
}

export interface PullRequestSpec {
  head: string
  base?: string
  author: string
  title?: string
  body?: string
  /** The fork that holds `head`. */
  fork?: Repository
  draft?: boolean
}

interface RepositorySpec {
  owner: User
  name: string
  gitDir: string
  defaultBranch: string
  private: boolean
  parent: Repository | null
}

/** A repository: a real bare git repository and everything that GitHub keeps beside it. */
export class Repository {
  readonly world: World
  readonly id: number
  readonly owner: User
  readonly name: string
  readonly gitDir: string
  readonly defaultBranch: string
  readonly private: boolean
  readonly parent: Repository | null
  readonly createdAt: Date
  readonly issues: Issue[] = []
  readonly activities: Activity[] = []
  readonly runs: Run[] = []
  readonly checkRuns: CheckRun[] = []
  readonly deployments: Deployment[] = []
  artifacts: Artifact[] = []
  private readonly roles = new Map<string, Role>()
  private readonly labels = new Map<string, Label>()

  constructor(world: World, spec: RepositorySpec) {
    this.world = world
    this.id = world.nextId()
    this.owner = spec.owner
    this.name = spec.name
    this.gitDir = spec.gitDir
    this.defaultBranch = spec.defaultBranch
    this.private = spec.private
    this.parent = spec.parent
    this.createdAt = world.clock.now()
  }

  get fullName(): string {
    return `${this.owner.login}/${this.name}`
  }

  /** Where git clones from: the bare repository's folder. */
  get cloneUrl(): string {
    return this.gitDir
  }

  get pullRequests(): PullRequest[] {
    return this.issues.flatMap(({ pullRequest }) => pullRequest ?? [])
  }

  /** Gives an account a role; `none` takes also away what everyone may do. */
  permit(login: string, role: Role): void {
    this.roles.set(this.world.user(login).login, role)
  }

  /** Whether the account was given a role here that lets it do something. */
  isCollaborator(login: string): boolean {
    return includesRole(this.roles.get(login) ?? 'none', 'read')
  }

  /** The owner is admin; others have what `permit` gave them, or what everyone has: read when public, else none. */
  roleOf(login: string): Role {
    if (login === this.owner.login) return 'admin'
    return this.roles.get(login) ?? (this.private ? 'none' : 'read')
  }

  /** The branch's newest commit. Throws when there is no such branch. */
  tip(branch: string): string {
    const sha = branchTip(this.gitDir, branch)
    if (sha === null) throw new Error(`${this.fullName} has no branch ${branch}`)
    return sha
  }

  /** Commits `files` to a branch, made if needed, and lets open pull requests follow. Returns the commit's SHA. */
  push({ branch, files, message = 'Change', by, from, force = false }: PushRequest): string {
    const ref = `refs/heads/${branch}`
    const actor = this.world.user(by)
    const before = branchTip(this.gitDir, branch)
    const parent = before !== null && !force ? before : this.parentOfPush(before, from)
    const author = signatureOf(actor, this.world.clock.tick())
    const sha = commitFiles(this.gitDir, { ref, parent, files, message, author })
    this.branchMoved({ branch, before, after: sha, actor })
    return sha
  }

  /** Where a new or a forced branch starts; null only for the very first commit. */
  private parentOfPush(tip: string | null, from: string | undefined): string | null {
    const start = from ?? (tip === null ? `refs/heads/${this.defaultBranch}` : `${tip}~1`)
    const parent = resolveCommit(this.gitDir, start)
    if (parent === null && from !== undefined) throw new Error(`${this.fullName} has no commit ${from}`)
    return parent
  }

  /** Moves a branch to a commit that exists. */
  moveBranch(branch: string, sha: string, actor: User, type?: Activity['type']): void {
    const before = branchTip(this.gitDir, branch)
    updateRef(this.gitDir, `refs/heads/${branch}`, sha)
    this.branchMoved({ branch, before, after: sha, actor, type })
  }

  private branchMoved(move: {
    branch: string
    before: string | null
    after: string
    actor: User
    type?: Activity['type'] | undefined
  }): void {
    const { branch, before, after, actor } = move
    const type = move.type ?? this.kindOfMove(before, after)
    const ref = `refs/heads/${branch}`
    const identity = { id: this.world.nextId(), at: this.world.clock.now() }
    this.activities.push({ ...identity, ref, before: before ?? NO_COMMIT, after, type, actor })
    for (const pullRequest of this.world.openPullRequests()) {
      if (pullRequest.headRepository === this && pullRequest.headBranch === branch) pullRequest.synchronize(actor)
      else if (pullRequest.repository === this && pullRequest.baseBranch === branch) pullRequest.updateTestMerge()
    }
  }

  private kindOfMove(before: string | null, after: string): Activity['type'] {
    if (before === null) return 'branch_creation'
    return isAncestor(this.gitDir, before, after) ? 'push' : 'force_push'
  }

  /** Copies this repository to another account; pull requests may come from there. */
  fork({ owner }: { owner: string }): Repository {
    return this.world.addFork(this, owner)
  }

  /** Opens a pull request from a branch here or in a fork. Throws when there is no such branch. */
  openPullRequest(spec: PullRequestSpec): PullRequest {
    const { head, base = this.defaultBranch, author, title = `Merge ${head}`, body = null, draft = false } = spec
    const headRepository = spec.fork ?? this
    headRepository.tip(head)
    const issue = openIssue(this, { title, body, author: this.world.user(author) })
    const pullRequest = new PullRequest({ issue, headRepository, headBranch: head, baseBranch: base, draft })
    issue.pullRequest = pullRequest
    return pullRequest
  }

  /** Opens an issue that is no pull request. */
  openIssue({ title, body = null, author }: { title: string; body?: string | null; author: string }): Issue {
    return openIssue(this, { title, body, author: this.world.user(author) })
  }

  /** Comments on the issue or pull request of that number. Throws when there is none. */
  comment(number: number, by: string, body: string): Comment {
    const issue = this.issues[number - 1]
    if (issue === undefined) throw new Error(`${this.fullName} has no issue ${number}`)
    return addComment(issue, this.world.user(by), body)
  }

  /** The repository's label of that name, made on first use. */
  label(name: string): Label {
    const known = this.labels.get(name)
    if (known !== undefined) return known
    const label = { id: this.world.nextId(), name, color: 'ededed' }
    this.labels.set(name, label)
    return label
  }

  /** Starts a workflow run. */
  run(request: RunRequest): Run {
    return this.addRun(new Run(this, request))
  }

  addRun(run: Run): Run {
    this.runs.push(run)
    this.world.grant(run)
    return run
  }

  /** The webhook payload that GITHUB_EVENT_PATH holds for such an event. */
  eventPayload<Kind extends keyof EventDetails>(kind: Kind, details: EventDetails[Kind]): Record<string, unknown> {
    return eventPayload(this, kind, details)
  }

  /**
   * Makes a work tree at `ref` as actions/checkout leaves it: detached, with `.git`, one commit deep.
   *
   * @param ref branch, full ref (also `refs/pull/N/merge`) or SHA
   */
  async checkout(ref: string, directory: string): Promise<void> {
    const sha = resolveCommit(this.gitDir, ref)
    if (sha === null) throw new Error(`${this.fullName} has no ref ${ref}`)
    await checkOut(this.gitDir, sha, directory)
  }
}

/** Copies a bare repository's branches into another bare folder. */
export function cloneBare(from: string, to: string): void {
  git(to, ['fetch', '--quiet', from, '+refs/heads/*:refs/heads/*'])
}
