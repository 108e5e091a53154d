import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../action/errors.ts'
import { createDownload, type Download, DownloadError } from './download.ts'
import { judgeSignature } from './signature.ts'

/** A published version of a program: a zip archive, the SHA-256 of it (`<hex>  <name>` lines), and a signature of these. */
export interface InstallSource {
  /** As people call it, for errors. */
  name: string
  /** The program's file in the archive, and what the tool cache knows it by (without `.exe`). */
  program: string
  version: string
  archiveUrl: string
  archiveName: string
  checksumsUrl: string
  /** A detached OpenPGP signature of the checksums. */
  signatureUrl: string
  /** The publisher's public key, armoured. */
  publicKey: string
}

/**
 * The path of the program, from the runner's tool cache if it is there, else downloaded and put there. Nothing of a
 * download is unpacked before the publisher's signature of the checksums and the archive's checksum are found right; what
 * isn't, throws `invalid-input` and leaves nothing behind.
 */
export async function installTool(source: InstallSource, download: Download = createDownload()): Promise<string> {
  // Loaded here because most runs find their tool on PATH.
  const cache = await import('@actions/tool-cache')
  const tool = source.program.replace(/\.exe$/, '')
  const cached = cache.find(tool, source.version)
  if (cached !== '') return join(cached, source.program)
  const archive = await signedArchive(source, download)
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'ondol-install-'))
  try {
    const unpacked = await unpack(archive, source, folder)
    return join(await cache.cacheDir(unpacked, tool, source.version), source.program)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function unpack(archive: Buffer, source: InstallSource, folder: string): Promise<string> {
  const { extractZip } = await import('@actions/tool-cache')
  const file = join(folder, source.archiveName)
  await writeFile(file, archive)
  try {
    return await extractZip(file, join(folder, 'unpacked'))
  } catch (cause) {
    throw new UserError('invalid-input', `${titleOf(source)} can't be unpacked: ${(cause as Error).message}.`, {
      cause,
    })
  }
}

/** The archive, which is what the publisher signed. */
async function signedArchive(source: InstallSource, download: Download): Promise<Buffer> {
  const get = (url: string, what: string) => downloadOf(source, what, () => download(url))
  const checksums = await get(source.checksumsUrl, 'the list of its checksums')
  const signature = await get(source.signatureUrl, 'the signature of its checksums')
  const verdict = await judgeSignature(checksums, signature, source.publicKey)
  if (verdict.kind === 'bad')
    throw refused(source, `the signature of its checksums is not its publisher's: ${verdict.why}`)
  const published = checksumOf(checksums.toString('utf8'), source.archiveName)
  if (published === undefined) throw refused(source, `its publisher's checksums have none of ${source.archiveName}`)
  const archive = await get(source.archiveUrl, 'its archive')
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual === published) return archive
  throw refused(source, `its archive is not what its publisher lists: SHA-256 ${actual}, published ${published}`)
}

/** In small letters; the first, when a name stands there twice. */
function checksumOf(list: string, name: string): string | undefined {
  const lines = list.split('\n').map((line) => line.trim().split(/\s+/))
  return lines.find(([, listed]) => listed?.replace(/^\*/, '') === name)?.[0]?.toLowerCase()
}

async function downloadOf(source: InstallSource, what: string, get: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await get()
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause
    throw new UserError('invalid-input', `${titleOf(source)} can't be had, because of ${what}: ${cause.message}.`, {
      remedy:
        cause.status === 404
          ? 'Is there such a version?'
          : 'May this runner reach the release page, also by its proxy?',
      cause,
    })
  }
}

function refused(source: InstallSource, why: string): UserError {
  return new UserError('invalid-input', `${titleOf(source)} was downloaded but is not used: ${why}.`)
}

function titleOf({ name, version }: InstallSource): string {
  return `${name} ${version}`
}
