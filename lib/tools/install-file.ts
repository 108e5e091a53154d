import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../action/errors.ts'
import { createDownload, type Download, DownloadError } from './download.ts'

/** A published version of a program that is one file, with the SHA-256 of it in another. */
export interface FileSource {
  /** As people call it, for errors. */
  name: string
  /** The program's file, and what the tool cache knows it by. */
  program: string
  version: string
  url: string
  /** Holds the checksum in hex, alone or before the file's name. */
  checksumUrl: string
}

/**
 * The path of the program, from the runner's tool cache if it is there, else downloaded and put there. A download that isn't
 * what its checksum says, throws `invalid-input` and leaves nothing behind.
 */
export async function installFile(source: FileSource, download: Download = createDownload()): Promise<string> {
  // Loaded here because most runs find their tool on PATH.
  const cache = await import('@actions/tool-cache')
  const { program, version } = source
  const cached = cache.find(program, version)
  if (cached !== '') return join(cached, program)
  const content = await checkedFile(source, download)
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'ondol-install-'))
  try {
    const file = join(folder, program)
    await writeFile(file, content, { mode: 0o755 })
    return join(await cache.cacheFile(file, program, program, version), program)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkedFile(source: FileSource, download: Download): Promise<Buffer> {
  const checksum = await downloadOf(source, () => download(source.checksumUrl))
  const published = checksum.toString('utf8').trim().split(/\s/)[0]?.toLowerCase() ?? ''
  const content = await downloadOf(source, () => download(source.url))
  const actual = createHash('sha256').update(content).digest('hex')
  if (actual === published) return content
  throw new UserError(
    'invalid-input',
    `${titleOf(source)} was downloaded but is not used: its SHA-256 is ${actual}, published is ${JSON.stringify(published.slice(0, 64))}.`,
  )
}

async function downloadOf(source: FileSource, get: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await get()
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause
    throw new UserError('invalid-input', `${titleOf(source)} can't be had: ${cause.message}.`, {
      remedy:
        cause.status === 404
          ? 'Is there such a version?'
          : 'May this runner reach the release page, also by its proxy?',
      cause,
    })
  }
}

function titleOf({ name, version }: FileSource): string {
  return `${name} ${version}`
}
