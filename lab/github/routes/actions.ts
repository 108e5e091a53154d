import { signedUrl } from '../results/signature.ts'
import { approvalJson, artifactJson, runJson } from '../view/run.ts'
import type { Artifact } from '../world/artifact.ts'
import type { Repository } from '../world/repository.ts'
import type { Run } from '../world/run.ts'
import { countedReply, listReply } from './page.ts'
import { ApiError, type Call, notFound, ok, type Reply, type Route, repositoryOf } from './route.ts'

/** Of each run its newest attempt, the newest run first. */
function latestAttempts({ runs }: Repository): Run[] {
  const latest = new Map(runs.map((run) => [run.id, run]))
  return [...latest.values()].toSorted((a, b) => b.id - a.id)
}

function runOf(call: Call): Run {
  const id = Number(call.params['run_id'])
  const run = latestAttempts(repositoryOf(call)).find((candidate) => candidate.id === id)
  if (run === undefined) throw notFound()
  return run
}

function matches(run: Run, filters: Record<string, string | null>): boolean {
  const values: Record<string, (string | null)[]> = {
    head_sha: [run.request.headSha],
    event: [run.request.event],
    branch: [run.headBranch],
    actor: [run.actor.login],
    status: [run.conclusion === null ? 'in_progress' : 'completed', run.conclusion],
  }
  return Object.entries(filters).every(([name, wanted]) => wanted === null || values[name]?.includes(wanted))
}

function listRuns(call: Call): Reply {
  const { query } = call
  const names = ['head_sha', 'event', 'branch', 'actor', 'status']
  const filters = Object.fromEntries(names.map((name) => [name, query.get(name)]))
  const found = latestAttempts(repositoryOf(call)).filter((run) => matches(run, filters))
  return countedReply(call, 'workflow_runs', found, runJson)
}

function approvals(call: Call): Reply {
  const run = runOf(call)
  return listReply(call, run.identity.approvals, (approval) => approvalJson(run, approval))
}

/** Newest first, as GitHub lists them; a name is matched whole. */
function artifactsReply(call: Call, artifacts: Artifact[]): Reply {
  const name = call.query.get('name')
  const found = artifacts.filter((artifact) => artifact.finalized && (name === null || artifact.name === name))
  const ascending = call.query.get('direction') === 'asc'
  return countedReply(call, 'artifacts', ascending ? found : found.toReversed(), artifactJson)
}

function artifactOf(call: Call): Artifact {
  const id = Number(call.params['artifact_id'])
  const artifact = repositoryOf(call).artifacts.find((candidate) => candidate.finalized && candidate.id === id)
  if (artifact === undefined) throw notFound()
  return artifact
}

function deleteArtifact(call: Call): Reply {
  const artifact = artifactOf(call)
  const repository = repositoryOf(call)
  repository.artifacts = repository.artifacts.filter((other) => other !== artifact)
  call.world.clock.tick()
  return { status: 204 }
}

function download(call: Call): Reply {
  const artifact = artifactOf(call)
  if (call.params['archive_format'] !== 'zip') throw notFound()
  if (artifact.expiresAt <= call.world.clock.now()) throw new ApiError(410, 'Artifact has expired')
  return { status: 302, headers: { location: signedUrl(call.world, artifact, 'r') } }
}

export const actionsRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/actions/runs', needs: ['actions:read'], handle: listRuns },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    needs: ['actions:read'],
    handle: (call) => ok(runJson(runOf(call))),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals',
    needs: ['actions:read'],
    handle: approvals,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    needs: ['actions:read'],
    handle: (call) => artifactsReply(call, runOf(call).artifacts()),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/artifacts',
    needs: ['actions:read'],
    handle: (call) => artifactsReply(call, repositoryOf(call).artifacts),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}',
    needs: ['actions:read'],
    handle: (call) => ok(artifactJson(artifactOf(call))),
  },
  {
    operation: 'DELETE /repos/{owner}/{repo}/actions/artifacts/{artifact_id}',
    needs: ['actions:write'],
    handle: deleteArtifact,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
    needs: ['actions:read'],
    handle: download,
  },
]
