import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFaults, type Faults } from './faults.ts'
import { readSchema } from './graphql/execute.ts'
import { githubValidator } from './openapi/validate.ts'
import { type Backend, listen, type RecordedRequest } from './server.ts'
import { createClock } from './world/clock.ts'
import { World } from './world/world.ts'

export type { Fault, FaultRule, Faults } from './faults.ts'
export type { RecordedRequest } from './server.ts'
export type { EventDetails } from './view/events.ts'
export type { Artifact } from './world/artifact.ts'
export type { CheckRun } from './world/check.ts'
export type { Clock } from './world/clock.ts'
export type { Deployment, DeploymentState, DeploymentStatus } from './world/deployment.ts'
export type { FileContent } from './world/git.ts'
export type { Comment, Issue } from './world/issue.ts'
export type { MergeMethod } from './world/merge.ts'
export type { PullRequest, ReviewSubmission } from './world/pull-request.ts'
export type { PullRequestSpec, PushRequest, Repository } from './world/repository.ts'
export type { Review } from './world/review.ts'
export type { Annotation, JobReport, Permissions, Run, RunRequest } from './world/run.ts'
export type { Role, User } from './world/user.ts'
export type { RepositoryRequest, World } from './world/world.ts'

/** A GitHub of one's own on a loopback port. */
export interface GitHubLab {
  /** GITHUB_API_URL */
  apiUrl: string
  /** GITHUB_GRAPHQL_URL */
  graphqlUrl: string
  /** ACTIONS_RESULTS_URL */
  resultsUrl: string
  /** GITHUB_SERVER_URL: under `.localhost`, because the artifact client refuses a bare address as an Enterprise Server. */
  serverUrl: string
  world: World
  faults: Faults
  /** Every request so far, in the order of their arrival. */
  requests: readonly RecordedRequest[]
  /** What broke GitHub's published description, in requests or in our own replies. Tests want it empty. */
  violations: readonly string[]
  /** Stops the server and removes the repositories. */
  close(): Promise<void>
}

/** Starts a stand-in with nothing in it; its clock starts at `now`, or at the real time. */
export async function startGitHub({ now = new Date() }: { now?: Date } = {}): Promise<GitHubLab> {
  const folder = await mkdtemp(join(tmpdir(), 'ondol-github-'))
  const { port, serve, close } = await listen()
  const apiUrl = `http://127.0.0.1:${port}`
  const graphqlUrl = `${apiUrl}/graphql`
  const serverUrl = `http://github.localhost:${port}`
  const urls = { api: apiUrl, graphql: graphqlUrl, results: apiUrl, server: serverUrl }
  const world = new World({ clock: createClock(now), urls, folder })
  const state = { violations: [], requests: [], faults: createFaults() }
  const backend: Backend = { world, validator: githubValidator(), schema: readSchema(), ...state }
  serve(backend)
  return {
    apiUrl,
    graphqlUrl,
    resultsUrl: `${apiUrl}/`,
    serverUrl,
    world,
    faults: backend.faults,
    requests: backend.requests,
    violations: backend.violations,
    async close() {
      await close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
