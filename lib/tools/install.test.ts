import { accessSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createSigner, type Fault, platform, type ReleaseLab, startReleases } from '../../lab/releases/index.ts'
import { createDownload } from './download.ts'
import { type InstallSource, installTool } from './install.ts'

const SCRIPT = '#!/bin/sh\necho published\n'
const ARCHIVE = `tofu_1.9.0_${platform()}.zip`
const SUMS = 'tofu_1.9.0_SHA256SUMS'
const OTHER = 'ab'.repeat(32)

const environment = { ...process.env }
let folder = ''
let lab: ReleaseLab

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-install-'))
  Object.assign(process.env, { RUNNER_TEMP: folder, RUNNER_TOOL_CACHE: join(folder, 'cache') })
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  lab = await startReleases()
  await lab.publish('tofu', '1.9.0', SCRIPT)
})
afterEach(async () => {
  jest.restoreAllMocks()
  process.env = { ...environment }
  await lab.close()
  rmSync(folder, { recursive: true, force: true })
})

const source = (more: Partial<InstallSource> = {}): InstallSource => ({
  name: 'OpenTofu',
  program: 'tofu',
  version: '1.9.0',
  archiveUrl: `${lab.origin}/tofu/1.9.0/${ARCHIVE}`,
  archiveName: ARCHIVE,
  checksumsUrl: `${lab.origin}/tofu/1.9.0/${SUMS}`,
  signatureUrl: `${lab.origin}/tofu/1.9.0/${SUMS}.gpgsig`,
  publicKey: lab.signer.publicKey,
  ...more,
})
const install = (more: Partial<InstallSource> = {}): Promise<string> =>
  installTool(source(more), createDownload({ plainOrigin: lab.origin, idleMs: 500, pausesMs: [1, 1] }))

/** Checksums as they are, for lists made from them. */
const published = async (): Promise<string> =>
  String(await createDownload({ plainOrigin: lab.origin })(source().checksumsUrl))

/** Replaces the checksums, signed by whoever the page's signatures are by. */
async function list(text: string): Promise<void> {
  lab.fault(SUMS, { kind: 'replaced', content: Buffer.from(text) })
  lab.fault('.gpgsig', { kind: 'replaced', content: await lab.signer.sign(Buffer.from(text)) })
}

const nothingLeft = (): void => expect(readdirSync(folder)).toEqual([])

describe('a published program', () => {
  test('is downloaded, found signed and listed, and ready to run', async () => {
    const program = await install()
    expect(program).toBe(join(folder, 'cache/tofu/1.9.0', process.arch, 'tofu'))
    accessSync(program, constants.X_OK)
    expect(readFileSync(program, 'utf8')).toBe(SCRIPT)
    expect(readdirSync(folder)).toEqual(['cache'])
  })

  test('is downloaded once', async () => {
    const first = await install()
    const requests = lab.requests.length
    expect(await install()).toBe(first)
    expect(lab.requests).toHaveLength(requests)
  })

  test('is had although the page fails at first', async () => {
    lab.fault(ARCHIVE, { kind: 'error', status: 500, once: true })
    expect(existsSync(await install())).toBe(true)
  })

  test('its checksum stands among others, in capitals, marked as binary, with CRLF, without a line end', async () => {
    const sum = (await published()).split('\n')[1]?.split(' ')[0] ?? ''
    for (const text of [
      `${OTHER}  tofu_arm64.zip\n${sum}  ${ARCHIVE}\n${OTHER}  ${ARCHIVE}.sig\n`,
      `${sum.toUpperCase()}  ${ARCHIVE}\n`,
      `${sum} *${ARCHIVE}\r\n`,
      `${sum}  ${ARCHIVE}`,
    ]) {
      await list(text)
      expect(existsSync(await install())).toBe(true)
      rmSync(join(folder, 'cache'), { recursive: true })
    }
  })
})

describe('what is not the published program is refused, nothing is unpacked, and nothing stays', () => {
  const refused = async (says: RegExp): Promise<void> => {
    await expect(install()).rejects.toMatchObject({ reason: 'invalid-input', message: expect.stringMatching(says) })
    nothingLeft()
  }

  test('other checksums than the signed ones: the archive is not even asked for', async () => {
    lab.fault(SUMS, { kind: 'replaced', content: Buffer.from(`${OTHER}  ${ARCHIVE}\n`) })
    await refused(/^OpenTofu 1\.9\.0 was downloaded but is not used: the signature of its checksums is not/)
    expect(lab.requests.filter((path) => path.endsWith('.zip'))).toEqual([])
  })

  test('a signature by another key', async () => {
    const other = await createSigner()
    const content = await other.sign(Buffer.from(await published()))
    lab.fault('.gpgsig', { kind: 'replaced', content })
    await refused(/not its publisher's: it is by the key [0-9a-f]{16}, not by [0-9a-f]{16}\.$/)
  })

  test.each<[string, string, Fault, RegExp]>([
    ['no signature', '.gpgsig', { kind: 'missing' }, /because of the signature of its checksums: .* answers 404\.$/],
    ['a page for a signature', '.gpgsig', { kind: 'replaced', content: Buffer.from('<html>') }, /no OpenPGP signature/],
    ['an empty signature', '.gpgsig', { kind: 'replaced', content: Buffer.of() }, /the signature of its checksums is/],
    ['no checksums', SUMS, { kind: 'missing' }, /because of the list of its checksums: .* answers 404\.$/],
    ['no archive', ARCHIVE, { kind: 'missing' }, /because of its archive: .* answers 404\.$/],
    ['an archive that breaks off', ARCHIVE, { kind: 'cut' }, /because of its archive: .*aborted\.$/],
    ['an archive that stalls', ARCHIVE, { kind: 'stalled' }, /because of its archive: /],
    [
      'an empty archive',
      ARCHIVE,
      { kind: 'replaced', content: Buffer.of() },
      /archive is not what its publisher lists/,
    ],
    [
      'an archive from elsewhere, over http',
      ARCHIVE,
      { kind: 'redirect', to: 'http://127.0.0.2:9/x.zip' },
      /because of its archive: http:\/\/127\.0\.0\.2:9\/x\.zip is not https\.$/,
    ],
  ])('%s', async (_what, path, fault, says) => {
    lab.fault(path, fault)
    await refused(says)
  })

  test('another archive, whole or cut off', async () => {
    const whole = await createDownload({ plainOrigin: lab.origin })(source().archiveUrl)
    for (const content of [Buffer.concat([whole, Buffer.of(0)]), whole.subarray(0, -1)]) {
      lab.fault(ARCHIVE, { kind: 'replaced', content })
      await refused(/its archive is not what its publisher lists: SHA-256 [0-9a-f]{64}, published [0-9a-f]{64}\.$/)
    }
  })

  test.each([
    ['has none of it', `${OTHER}  other.zip\n`, /checksums have none of/],
    ['has a name that only ends alike', `${OTHER}  my-${ARCHIVE}\n${OTHER}  ${ARCHIVE}.asc\n`, /have none of/],
    ['is empty', '', /have none of/],
    ['is another version’s', `${OTHER}  tofu_1.8.0_${platform()}.zip\n`, /have none of/],
    ['has another sum first', `${OTHER}  ${ARCHIVE}\n`, /published ab/],
  ])('a signed list that %s', async (_what, text, says) => {
    await list(text)
    await refused(says)
  })

  test('and the honest one is installed afterwards', async () => {
    const honest = await published()
    await list('')
    await expect(install()).rejects.toThrow()
    await list(honest)
    expect(existsSync(await install())).toBe(true)
  })
})

test('a signed archive that can not be unpacked leaves nothing behind', async () => {
  const content = Buffer.from('no archive at all')
  lab.fault(ARCHIVE, { kind: 'replaced', content })
  const { createHash } = await import('node:crypto')
  await list(`${createHash('sha256').update(content).digest('hex')}  ${ARCHIVE}\n`)
  await expect(install()).rejects.toMatchObject({ message: expect.stringMatching(/OpenTofu 1\.9\.0 .*unpack/) })
  nothingLeft()
})
