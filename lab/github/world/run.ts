import { randomBytes, randomUUID } from 'node:crypto'
import type { Artifact } from './artifact.ts'
import type { CheckRun } from './check.ts'
import type { PullRequest } from './pull-request.ts'
import type { Repository } from './repository.ts'
import type { User } from './user.ts'

/** `permissions:` of a job by its workflow names, `pull-requests: write`. */
export type Permissions = Record<string, 'read' | 'write'>

/** A decision of an environment's reviewer about a run. */
export interface Approval {
  by: User
  environment: string
  environmentId: number
  state: 'approved' | 'rejected'
  comment: string
  at: Date
}

/** A remark of a job, about a line of a file or about nothing in particular. Lines count from 1. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  message: string
  title?: string
  /** Relative to the repository. */
  file?: string
  line?: number
  endLine?: number
}

/** What a job leaves on its run's page: the Markdown of its steps' summaries, and its annotations. */
export interface JobReport {
  summary: string
  annotations: readonly Annotation[]
}

/** What a run starts from. Permissions by default are the generous set that a pipeline of this suite would ask for. */
export interface RunRequest {
  event: string
  headSha: string
  headBranch?: string
  actor: string
  triggeringActor?: string
  attempt?: number
  pullRequest?: PullRequest
  permissions?: Permissions
  /** A run for a fork's pull request: its token may only read, whatever `permissions` ask for. */
  fork?: boolean
  /** Path of the workflow file. */
  workflow?: string
}

const NO_REPORT: JobReport = { summary: '', annotations: [] }

const GENEROUS: Permissions = {
  actions: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'write',
}

/** What stays the same over the attempts of a run. */
interface RunIdentity {
  id: number
  number: number
  backendId: string
  createdAt: Date
  approvals: Approval[]
}

function unsignedJwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`
}

/** One attempt of a workflow run, with the credentials that its job holds. */
export class Run {
  readonly repository: Repository
  readonly request: RunRequest
  readonly identity: RunIdentity
  readonly attempt: number
  readonly actor: User
  readonly triggeringActor: User
  readonly headBranch: string
  readonly permissions: Permissions
  readonly startedAt: Date
  updatedAt: Date
  conclusion: 'success' | 'failure' | 'cancelled' | null = null
  report: JobReport = NO_REPORT
  /** The job's GITHUB_TOKEN: it acts as `github-actions[bot]` with exactly `permissions`. */
  readonly token: string
  /** ACTIONS_RUNTIME_TOKEN: an unsigned JWT with the scope that the artifact client reads. */
  readonly runtimeToken: string
  readonly jobBackendId: string = randomUUID()

  constructor(repository: Repository, request: RunRequest, identity?: RunIdentity) {
    const { world } = repository
    this.repository = repository
    this.request = request
    this.startedAt = world.clock.tick()
    this.updatedAt = this.startedAt
    this.identity = identity ?? {
      id: world.nextId(),
      number: world.nextId(),
      backendId: randomUUID(),
      createdAt: this.startedAt,
      approvals: [],
    }
    this.attempt = request.attempt ?? 1
    this.actor = world.user(request.actor)
    this.triggeringActor = world.user(request.triggeringActor ?? request.actor)
    this.headBranch = request.headBranch ?? request.pullRequest?.headBranch ?? repository.defaultBranch
    this.permissions = grantedTo(request)
    this.token = `ghs_${randomBytes(27).toString('hex')}`
    const scope = `Actions.Results:${this.identity.backendId}:${this.jobBackendId}`
    this.runtimeToken = unsignedJwt({ scp: scope, exp: 9_999_999_999, nonce: randomUUID() })
  }

  get id(): number {
    return this.identity.id
  }

  /** Records a decision of an environment's reviewer. */
  approve({ by, environment, state = 'approved', comment = '' }: ApprovalRequest): void {
    const { world } = this.repository
    const approval = { by: world.user(by), environment, state, comment, environmentId: world.nextId() }
    this.identity.approvals.push({ ...approval, at: world.clock.tick() })
  }

  /** Ends this attempt. */
  complete(conclusion: 'success' | 'failure' | 'cancelled', report: JobReport = NO_REPORT): void {
    this.conclusion = conclusion
    this.report = report
    this.updatedAt = this.repository.world.clock.tick()
  }

  /** The finished artifacts of every attempt, oldest first. */
  artifacts(): Artifact[] {
    return this.repository.artifacts.filter(({ run, finalized }) => finalized && run.id === this.id)
  }

  /** The check runs on this run's head. */
  checks(): CheckRun[] {
    return this.repository.checkRuns.filter(({ headSha }) => headSha === this.request.headSha)
  }

  /** Runs it again: the same id, the next attempt, a new token. */
  rerun(triggeringActor: string): Run {
    const request = { ...this.request, triggeringActor, attempt: this.attempt + 1 }
    return this.repository.addRun(new Run(this.repository, request, this.identity))
  }
}

export interface ApprovalRequest {
  by: string
  environment: string
  state?: 'approved' | 'rejected'
  comment?: string
}

function grantedTo({ permissions = GENEROUS, fork = false }: RunRequest): Permissions {
  if (!fork) return permissions
  return Object.fromEntries(Object.keys(permissions).map((name) => [name, 'read']))
}
