import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import {
  type Artifact,
  downloadArtifact,
  listArtifacts,
  listRunArtifacts,
  replaceFile,
} from '../../../../lib/github/artifacts.ts'
import { type GitHub, statusOf } from '../../../../lib/github/client.ts'
import { writeWhole } from '../bundle/file-store.ts'
import { ROW_LIMITS } from './row.ts'

/** The comment whose rows these are. */
export interface RowPlace {
  repositoryId: number
  pullRequest: number
  headSha: string
  group: string
}

export interface StoredRow {
  /** As `rootKey` has it. */
  root: string
  runId: number
  /** Unique, and always of the same content. */
  id: string
  /** `undefined` when it has gone or is too large for a row. */
  read(): Promise<Uint8Array | undefined>
}

/** Where the legs of a matrix leave their rows for each other. */
export interface RowStore {
  put(place: RowPlace, root: string, sealed: Uint8Array): Promise<void>
  /** The newest row of each root. Of other runs at least those of the roots in `known`. */
  list(place: RowPlace, known: readonly string[]): Promise<StoredRow[]>
}

/**
 * Rows as artifacts: this run's are listed as such, those of other runs are asked for by their names. `scratch`: a folder
 * for files on their way.
 */
export function artifactRows(github: GitHub, runId: number, scratch: string): RowStore {
  return {
    async put(place, root, sealed) {
      const folder = join(scratch, 'rows')
      await mkdir(folder, { recursive: true })
      const file = join(folder, `${prefixOf(place)}${root}`)
      await writeWhole(file, sealed)
      await replaceFile(file)
    },
    async list(place, known) {
      const prefix = prefixOf(place)
      const isRow = ({ name, size }: Artifact): boolean =>
        name.startsWith(prefix) && ROOT_KEY.test(name.slice(prefix.length)) && size <= ROW_LIMITS.maxSealedBytes
      const own = (await listRunArtifacts(github, runId)).filter(isRow)
      const covered = new Set(own.map(({ name }) => name.slice(prefix.length)))
      const others = known.filter((root) => !covered.has(root)).map((root) => listArtifacts(github, `${prefix}${root}`))
      return newestOf(
        [...own, ...(await Promise.all(others)).flat()]
          .filter((artifact) => isRow(artifact) && isOwn(artifact, place))
          .toSorted(byAge),
      ).map((artifact) => ({
        root: artifact.name.slice(prefix.length),
        runId: artifact.runId,
        id: String(artifact.id),
        read: () => downloadIfThere(github, artifact.id),
      }))
    },
  }
}

const ROOT_KEY = /^[0-9a-f]{12}$/

/** Another attempt may have replaced it since it was listed. */
async function downloadIfThere(github: GitHub, id: number): Promise<Uint8Array | undefined> {
  try {
    return await downloadArtifact(github, id, ROW_LIMITS.maxSealedBytes)
  } catch (error) {
    if ([404, 410].includes(statusOf(error) ?? 0)) return undefined
    throw error
  }
}

function prefixOf({ pullRequest, headSha, group }: RowPlace): string {
  return `ondol-row-${pullRequest}-${headSha.slice(0, 12)}-${digest(group).slice(0, 12)}-`
}

/** A fork's run may use any name. */
function isOwn({ expired, headRepositoryId }: Artifact, { repositoryId }: RowPlace): boolean {
  return !expired && headRepositoryId === repositoryId
}

function byAge(left: Artifact, right: Artifact): number {
  return left.runId - right.runId || left.id - right.id
}

function newestOf(artifacts: readonly Artifact[]): Artifact[] {
  return [...new Map(artifacts.map((artifact) => [artifact.name, artifact])).values()]
}

const ROW_FILE = /^([0-9a-f]{12})-(\d+)-(\d+)-(\d+)\.row$/

/** Rows in a folder that the runs share: `<repository>/<pull request>/<head SHA>/rows-<group>/<root>-<run>-<attempt>-<n>.row`. */
export function fileRows(directory: string, run: { runId: number; runAttempt: number }): RowStore {
  const folderOf = ({ repositoryId, pullRequest, headSha, group }: RowPlace): string =>
    join(directory, String(repositoryId), String(pullRequest), headSha, `rows-${digest(group).slice(0, 12)}`)
  let written = 0
  return {
    async put(place, root, sealed) {
      await mkdir(folderOf(place), { recursive: true, mode: 0o700 })
      const name = `${root}-${run.runId}-${run.runAttempt}-${++written}.row`
      await writeWhole(join(folderOf(place), name), sealed)
    },
    async list(place) {
      const folder = folderOf(place)
      const files = (await readdir(folder).catch(() => [])).flatMap((id) => {
        const [, root, ...numbers] = ROW_FILE.exec(id) ?? []
        return root === undefined ? [] : [{ id, root, numbers: numbers.map(Number) }]
      })
      files.sort((left, right) => compareLists(left.numbers, right.numbers))
      const newest = new Map(files.map((file) => [file.root, file]))
      return [...newest.values()].map(({ id, root, numbers: [runId = 0] }) => ({
        root,
        runId,
        id,
        read: () => readFile(join(folder, id)).catch(() => undefined),
      }))
    },
  }
}

function compareLists(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((number, index) => number !== right[index])
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}
