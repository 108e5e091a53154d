import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import { type FileContent, initBare } from './git.ts'
import type { PullRequest } from './pull-request.ts'
import { cloneBare, Repository } from './repository.ts'
import type { Run } from './run.ts'
import type { User } from './user.ts'

/** Who makes a request: a run's GITHUB_TOKEN, a person's token, or nobody. */
export type Actor = { kind: 'run'; user: User; run: Run } | { kind: 'person'; user: User } | { kind: 'anonymous' }

/** Where the stand-in answers; none ends in a slash. */
export interface Urls {
  api: string
  graphql: string
  results: string
  server: string
}

export interface RepositoryRequest {
  owner: string
  name: string
  files: Record<string, FileContent>
  defaultBranch?: string
  private?: boolean
}

/** Everything that exists on this GitHub. */
export class World {
  readonly clock: Clock
  readonly urls: Urls
  readonly repositories: Repository[] = []
  private readonly folder: string
  private readonly users = new Map<string, User>()
  private readonly actors = new Map<string, Actor>()
  private lastId = 1000

  constructor({ clock, urls, folder }: { clock: Clock; urls: Urls; folder: string }) {
    this.clock = clock
    this.urls = urls
    this.folder = folder
  }

  /** Ids rise over all kinds of things, so that a later one is always the greater. */
  nextId(): number {
    this.lastId += 1
    return this.lastId
  }

  /** The account of that login, made on first use. */
  user(login: string, { type }: { type?: User['type'] } = {}): User {
    const known = this.users.get(login)
    if (known !== undefined) return known
    const guessed = login.endsWith('[bot]') ? 'Bot' : 'User'
    const user: User = { id: this.nextId(), login, type: type ?? guessed, createdAt: this.clock.now() }
    this.users.set(login, user)
    return user
  }

  /** The account of that login, or null when nobody mentioned it yet. */
  findUser(login: string): User | null {
    return this.users.get(login) ?? null
  }

  /** A personal access token of an account; it may do what the account's role allows. */
  token(login: string): string {
    const token = `ghp_${randomBytes(18).toString('hex')}`
    this.actors.set(token, { kind: 'person', user: this.user(login) })
    return token
  }

  /** Lets a run's token act. */
  grant(run: Run): void {
    this.actors.set(run.token, { kind: 'run', user: this.user('github-actions[bot]'), run })
  }

  /** Who holds that token, or null for a token that nobody was given. */
  actorOf(token: string): Actor | null {
    return this.actors.get(token) ?? null
  }

  repository(request: RepositoryRequest): Repository {
    const { files, defaultBranch = 'main' } = request
    const repository = this.addRepository({ ...request, defaultBranch, parent: null })
    repository.push({ branch: defaultBranch, files, message: 'First commit', by: request.owner })
    return repository
  }

  addFork(parent: Repository, owner: string): Repository {
    const { name, defaultBranch } = parent
    const fork = this.addRepository({ owner, name, defaultBranch, private: parent.private, parent })
    cloneBare(parent.gitDir, fork.gitDir)
    return fork
  }

  private addRepository(
    request: Omit<RepositoryRequest, 'files'> & { defaultBranch: string; parent: Repository | null },
  ) {
    const { owner, name, defaultBranch, private: isPrivate = false, parent } = request
    if (this.findRepository(owner, name) !== null) throw new Error(`${owner}/${name} exists`)
    const gitDir = join(this.folder, owner, `${name}.git`)
    initBare(gitDir, defaultBranch)
    this.clock.tick()
    const spec = { owner: this.user(owner), name, gitDir, defaultBranch, private: isPrivate, parent }
    const repository = new Repository(this, spec)
    this.repositories.push(repository)
    return repository
  }

  findRepository(owner: string, name: string): Repository | null {
    const wanted = `${owner}/${name}`.toLowerCase()
    return this.repositories.find(({ fullName }) => fullName.toLowerCase() === wanted) ?? null
  }

  openPullRequests(): PullRequest[] {
    return this.repositories.flatMap(({ pullRequests }) => pullRequests).filter(({ issue }) => issue.state === 'open')
  }

  /** The run whose job holds that ACTIONS_RUNTIME_TOKEN, or null. */
  runOfRuntimeToken(token: string): Run | null {
    return this.repositories.flatMap(({ runs }) => runs).find(({ runtimeToken }) => runtimeToken === token) ?? null
  }
}
