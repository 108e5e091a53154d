import { createHash } from 'node:crypto'
import { accessSync, constants, createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { getExecOutput } from '@actions/exec'
import { UserError } from '../action/errors.ts'

/** A published version of a program: a zip archive, and a file with the SHA-256 of it (`<hex>  <name>` lines). */
export interface InstallSource {
  tool: string
  version: string
  archiveUrl: string
  archiveName: string
  checksumsUrl: string
  /** The program's file in the archive. */
  program: string
}

/**
 * The path of the program, from the runner's tool cache if it is there, else downloaded, compared with its published
 * checksum and put there. A wrong checksum leaves nothing behind and throws.
 */
export async function installTool(source: InstallSource): Promise<string> {
  // Loaded here because most runs find their tool on PATH.
  const cache = await import('@actions/tool-cache')
  const cached = cache.find(source.tool, source.version)
  if (cached !== '') return join(cached, source.program)
  const archive = await download(() => cache.downloadTool(source.archiveUrl), source)
  const checksums = await download(() => cache.downloadTool(source.checksumsUrl), source)
  await requireChecksum(archive, checksums, source)
  const folder = await cache.extractZip(archive)
  return join(await cache.cacheDir(folder, source.tool, source.version), source.program)
}

/** The program's path, looked up as a shell would; `undefined` when it isn't there. */
export function findOnPath(program: string): string | undefined {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program]
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable)
}

/** What a program says of its version; `undefined` when it fails or says nothing that `pattern`'s first group matches. */
export async function programVersion(program: string, args: string[], pattern: RegExp): Promise<string | undefined> {
  const { exitCode, stdout } = await getExecOutput(program, args, { silent: true, ignoreReturnCode: true })
  return exitCode === 0 ? pattern.exec(stdout)?.[1] : undefined
}

async function download(fetchFile: () => Promise<string>, { tool, version }: InstallSource): Promise<string> {
  try {
    return await fetchFile()
  } catch (cause) {
    throw new UserError('invalid-input', `${tool} ${version} can't be downloaded: ${(cause as Error).message}.`, {
      remedy: 'Is there such a version, and may this runner reach the release page?',
      cause,
    })
  }
}

async function requireChecksum(
  archive: string,
  checksums: string,
  { tool, version, archiveName }: InstallSource,
): Promise<void> {
  const lines = (await readFile(checksums, 'utf8')).split('\n')
  const published = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, name]) => name?.replace(/^\*/, '') === archiveName)?.[0]
  const actual = await sha256(archive)
  if (published?.toLowerCase() === actual) return
  throw new UserError(
    'invalid-input',
    `The download of ${tool} ${version} is not what its publisher lists: SHA-256 ${actual}, published ${published ?? 'none'}.`,
  )
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
