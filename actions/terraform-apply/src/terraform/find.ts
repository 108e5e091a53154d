import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parse, rsort, type SemVer } from 'semver'
import { invalidInput, UserError } from '../../../../lib/action/errors.ts'
import type { ProcessRunner } from '../../../../lib/process/run.ts'
import { createDownload, type Download, DownloadError } from '../../../../lib/tools/download.ts'
import { installTool } from '../../../../lib/tools/install.ts'
import { findOnPath, programVersion } from '../../../../lib/tools/on-path.ts'
import { toPosix } from '../closure/files.ts'
import type { Tool } from '../inputs.ts'
import { PUBLISHERS, type Publisher, releaseOf } from './publisher.ts'
import { accepts, fulfils, type Requirement, readRequirements } from './required-version.ts'
import { TOOLS } from './tool.ts'

export interface Wanted {
  tool: Tool
  /** `auto`, `path` or a version, as the input `tool-version` has it. */
  version: string
  /** Absolute folder of the root module, and top of the repository. */
  directory: string
  repository: string
}

/** The edges: how programs are run, and where releases come from. */
export interface FindDeps {
  processes: ProcessRunner
  env: Readonly<Record<string, string>>
  publisher?: Publisher
  download?: Download
}

/** The path of the program to use. */
export async function findProgram(wanted: Wanted, deps: FindDeps): Promise<string> {
  const onPath = findOnPath(TOOLS[wanted.tool].program)
  if (wanted.version === 'path') return onPath ?? missing(wanted.tool)
  const pinned = wanted.version === 'auto' ? await pinnedVersion(wanted) : wanted.version
  if (pinned !== undefined) return exactly(pinned, onPath, wanted, deps)
  const requirements = await readRequirements(wanted.directory, wanted.repository, wanted.tool)
  if (requirements.length === 0) return onPath ?? missing(wanted.tool)
  return onPath !== undefined && (await isAccepted(onPath, requirements, wanted, deps))
    ? onPath
    : install(await newestRelease(requirements, wanted.tool, deps), wanted.tool, deps)
}

/** The nearest version file from the root module up to the repository's top. */
async function pinnedVersion({ tool, directory, repository }: Wanted): Promise<string | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = join(folder, TOOLS[tool].versionFile)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return exactVersion(text.trim(), toPosix(relative(repository, file)))
    if (folder === repository || folder === dirname(folder)) return undefined
  }
}

function exactVersion(text: string, file: string): string {
  const version = text.replace(/^v/, '')
  if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return version
  throw invalidInput(
    `${file}:1 says ${JSON.stringify(text.split('\n')[0])}; one exact version such as 1.11.4 is allowed.`,
  )
}

async function exactly(version: string, onPath: string | undefined, wanted: Wanted, deps: FindDeps): Promise<string> {
  if (onPath !== undefined && (await versionOf(onPath, wanted, deps)) === version) return onPath
  return install(version, wanted.tool, deps)
}

async function isAccepted(program: string, requirements: Requirement[], wanted: Wanted, deps: FindDeps) {
  const version = parse(await versionOf(program, wanted, deps))
  return version !== null && accepts(version, requirements)
}

/** Asked in the root module's folder, since a version manager's shim decides by the folder which one it runs. */
function versionOf(file: string, { directory }: Wanted, { processes, env }: FindDeps): Promise<string | undefined> {
  const command = { file, args: ['version', '-json'], cwd: directory, env }
  return programVersion(processes, command, /"terraform_version":\s*"([^"]+)"/)
}

function install(version: string, tool: Tool, { publisher = PUBLISHERS[tool], download }: FindDeps): Promise<string> {
  return installTool(releaseOf(tool, version, publisher), download)
}

/**
 * The newest stable release that meets every requirement; where there is none, the newest that accepts the configuration,
 * because a requirement that newer versions don't heed may be meant for the other program.
 */
async function newestRelease(requirements: Requirement[], tool: Tool, deps: FindDeps): Promise<string> {
  const releases = rsort(await stableReleases(tool, deps))
  const found =
    releases.find((version) => requirements.every((requirement) => fulfils(version, requirement))) ??
    releases.find((version) => accepts(version, requirements))
  if (found) return found.version
  throw new UserError(
    'invalid-input',
    `No stable release of ${TOOLS[tool].name} meets ${requirements.map(({ said }) => said).join(' and ')}.`,
    { remedy: `Change the constraint, or pin a version by the input tool-version or ${TOOLS[tool].versionFile}.` },
  )
}

async function stableReleases(tool: Tool, deps: FindDeps): Promise<SemVer[]> {
  const { publisher = PUBLISHERS[tool], download = createDownload() } = deps
  const versions = await readIndex(publisher, download).catch((cause: unknown) => {
    if (!(cause instanceof DownloadError || cause instanceof SyntaxError || cause instanceof TypeError)) throw cause
    throw new UserError(
      'invalid-input',
      `The releases of ${TOOLS[tool].name} can't be listed: ${cause instanceof DownloadError ? cause.message : `${publisher.indexUrl} is no index`}.`,
      { remedy: 'Set the input tool-version, or put the program on PATH before this step.', cause },
    )
  })
  return versions
    .map((version) => parse(version))
    .filter((version) => version !== null && version.prerelease.length === 0 && version.build.length === 0) as SemVer[]
}

async function readIndex(publisher: Publisher, download: Download): Promise<string[]> {
  return publisher.versionsIn(JSON.parse((await download(publisher.indexUrl)).toString('utf8')))
}

function missing(tool: Tool): never {
  const { program, versionFile, setup } = TOOLS[tool]
  throw new UserError('invalid-input', `There is no ${program} on PATH.`, {
    remedy: `Set the input tool-version, add a ${versionFile} file, or run ${setup} before this step.`,
  })
}
