import { basename, dirname } from 'node:path'
import type { GitHub } from './client.ts'

export interface Artifact {
  id: number
  name: string
  size: number
  expired: boolean
  createdAt: Date
  runId: number
  /** The repository whose branch the run was for; a fork's id when a fork's pull request ran. */
  headRepositoryId: number | undefined
}

/**
 * Uploads one file, unzipped, as an artifact of this run with the file's name. An artifact of an earlier attempt with the
 * same name is replaced. The library is loaded here because it costs half of a bundle's start.
 */
export async function uploadFile(file: string): Promise<void> {
  const { DefaultArtifactClient } = await import('@actions/artifact')
  const client = new DefaultArtifactClient()
  await client.uploadArtifact('', [file], dirname(file), { skipArchive: true })
}

/** As `uploadFile`, in place of what this attempt has uploaded under the name before. */
export async function replaceFile(file: string): Promise<void> {
  const { DefaultArtifactClient } = await import('@actions/artifact')
  const client = new DefaultArtifactClient()
  const { artifacts } = await client.listArtifacts({ latest: true })
  if (artifacts.some(({ name }) => name === basename(file))) await client.deleteArtifact(basename(file))
  await uploadFile(file)
}

/** Every artifact of a run, of all its attempts. */
export async function listRunArtifacts(github: GitHub, runId: number): Promise<Artifact[]> {
  const artifacts = await github.paginate(github.rest.actions.listWorkflowRunArtifacts, {
    ...github.repository,
    run_id: runId,
    per_page: 100,
  })
  return artifacts.map(readArtifact)
}

/** Every artifact of the repository with exactly this name, newest first. */
export async function listArtifacts(github: GitHub, name: string): Promise<Artifact[]> {
  const artifacts = await github.paginate(github.rest.actions.listArtifactsForRepo, {
    ...github.repository,
    name,
    per_page: 100,
  })
  return artifacts
    .filter((artifact) => artifact.name === name)
    .map(readArtifact)
    .sort((left, right) => right.createdAt.getTime() - left.createdAt.getTime() || right.id - left.id)
}

type ListedArtifact = Awaited<
  ReturnType<GitHub['rest']['actions']['listArtifactsForRepo']>
>['data']['artifacts'][number]

function readArtifact(artifact: ListedArtifact): Artifact {
  return {
    id: artifact.id,
    name: artifact.name,
    size: artifact.size_in_bytes,
    expired: artifact.expired,
    createdAt: new Date(artifact.created_at ?? Number.NaN),
    runId: artifact.workflow_run?.id ?? 0,
    headRepositoryId: artifact.workflow_run?.head_repository_id,
  }
}

const DOWNLOAD_TRIES = 3

/** The artifact's bytes as they were uploaded; `undefined` when they are more than `maxBytes`. */
export async function downloadArtifact(github: GitHub, id: number, maxBytes: number): Promise<Uint8Array | undefined> {
  for (let tries = 1; ; tries++) {
    const url = await signedUrl(github, id)
    try {
      return await downloadOnce(url, maxBytes)
    } catch (error) {
      // The address is signed for a short time, so each try asks for another.
      if (tries === DOWNLOAD_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** tries))
    }
  }
}

async function signedUrl(github: GitHub, id: number): Promise<string> {
  const { headers, url } = await github.request(
    'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
    {
      ...github.repository,
      artifact_id: id,
      archive_format: 'zip',
      request: { redirect: 'manual', parseSuccessResponseBody: false },
    },
  )
  return headers.location ?? url
}

async function downloadOnce(url: string, maxBytes: number): Promise<Uint8Array | undefined> {
  // The address is signed; the token must not go along to another host.
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) })
  if (!response.ok || !response.body) throw new Error(`The artifact can't be downloaded: HTTP ${response.status}`)
  return readAtMost(response.body, maxBytes)
}

async function readAtMost(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
