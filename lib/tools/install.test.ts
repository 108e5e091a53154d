import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { findOnPath, type InstallSource, installTool, programVersion } from './install.ts'

/** A zip archive of one executable shell script, `tool`, as a publisher would make it. */
const ARCHIVE = Buffer.from(
  'UEsDBAoAAAAAAAAAIVwebTnYNAAAADQAAAAEAAAAdG9vbCMhL2Jpbi9zaAplY2hvICJ7XCJ0ZXJyYWZvcm1fdmVyc2lvblwiOiBcIjkuOS45XCJ9IgpQSwECHgMKAAAAAAAAACFcHm052DQAAAA0AAAABAAAAAAAAAAAAAAA7YEAAAAAdG9vbFBLBQYAAAAAAQABADIAAABWAAAAAAA=',
  'base64',
)
const SHA256 = createHash('sha256').update(ARCHIVE).digest('hex')
const OTHER = 'ab'.repeat(32)

const environment = { ...process.env }
let folder = ''
let server: Server
let requests: string[] = []
let files: Record<string, string | Buffer> = {}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-install-'))
  Object.assign(process.env, { RUNNER_TEMP: join(folder, 'temp'), RUNNER_TOOL_CACHE: join(folder, 'cache') })
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  requests = []
  files = { '/tool.zip': ARCHIVE, '/SHA256SUMS': `${SHA256}  tool.zip\n` }
  server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const content = files[request.url ?? '']
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  jest.restoreAllMocks()
  process.env = { ...environment }
  rmSync(folder, { recursive: true, force: true })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function source(more: Partial<InstallSource> = {}): InstallSource {
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    tool: 'tool',
    version: '9.9.9',
    archiveUrl: `${page}/tool.zip`,
    archiveName: 'tool.zip',
    checksumsUrl: `${page}/SHA256SUMS`,
    program: 'tool',
    ...more,
  }
}

const cached = (): string[] => (existsSync(join(folder, 'cache')) ? readdirSync(join(folder, 'cache')) : [])

describe('a published program', () => {
  test('is downloaded, compared with its checksum, and ready to run', async () => {
    const program = await installTool(source())
    expect(program).toBe(join(folder, 'cache/tool/9.9.9', process.arch, 'tool'))
    accessSync(program, constants.X_OK)
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/bin\/sh/)
    expect(await programVersion(program, [], /"terraform_version": "([^"]+)"/)).toBe('9.9.9')
  })

  test('is downloaded once', async () => {
    const first = await installTool(source())
    expect(await installTool(source())).toBe(first)
    expect(requests).toEqual(['/tool.zip', '/SHA256SUMS'])
  })

  test.each([
    ['among others', `${OTHER}  tool_arm64.zip\n${SHA256}  tool.zip\n${OTHER}  tool.zip.sig\n`],
    ['in capitals', `${SHA256.toUpperCase()}  tool.zip\n`],
    ['of a binary file, with CRLF', `${SHA256} *tool.zip\r\n`],
    ['without a line end', `${SHA256}  tool.zip`],
  ])('its checksum stands in the list %s', async (_what, list) => {
    files['/SHA256SUMS'] = list
    expect(existsSync(await installTool(source()))).toBe(true)
  })
})

describe('what is not the published program is refused, and nothing is cached', () => {
  test.each<[string, Record<string, string | Buffer>, RegExp]>([
    [
      'another checksum',
      { '/SHA256SUMS': `${OTHER}  tool.zip\n` },
      new RegExp(`SHA-256 ${SHA256}, published ${OTHER}`),
    ],
    ['a list without the name', { '/SHA256SUMS': `${SHA256}  other.zip\n` }, /published none/],
    [
      'a name that only ends alike',
      { '/SHA256SUMS': `${SHA256}  my-tool.zip\n${SHA256}  tool.zip.asc\n` },
      /published none/,
    ],
    [
      'a list that names it twice, the wrong sum first',
      { '/SHA256SUMS': `${OTHER}  tool.zip\n${SHA256}  tool.zip\n` },
      /published ab/,
    ],
    ['an empty list', { '/SHA256SUMS': '' }, /published none/],
    ['a page for a list', { '/SHA256SUMS': '<html>Not found</html>' }, /published none/],
    [
      'an archive with a byte more',
      { '/tool.zip': Buffer.concat([ARCHIVE, Buffer.of(0)]) },
      /is not what its publisher lists/,
    ],
    ['an empty archive', { '/tool.zip': '' }, /is not what its publisher lists/],
  ])('%s', async (_what, published, says) => {
    Object.assign(files, published)
    await expect(installTool(source())).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(says),
    })
    expect(cached()).toEqual([])
    Object.assign(files, { '/tool.zip': ARCHIVE, '/SHA256SUMS': `${SHA256}  tool.zip\n` })
    expect(existsSync(await installTool(source()))).toBe(true)
  })

  test.each(['/tool.zip', '/SHA256SUMS'])('%s is missing', async (path) => {
    delete files[path]
    await expect(installTool(source())).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(/^tool 9\.9\.9 can't be downloaded: .*404/),
      remedy: expect.stringContaining('Is there such a version'),
    })
    expect(cached()).toEqual([])
  })
})

describe('programs that are there', () => {
  const script = (path: string, text: string, mode = 0o755): string => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, path), mode)
    return join(folder, path)
  }

  test('the first executable one on PATH', () => {
    script('a/tool', '', 0o644)
    const second = script('b/tool', '')
    script('c/tool', '')
    process.env['PATH'] = ['', join(folder, 'none'), ...['a', 'b', 'c'].map((name) => join(folder, name))].join(
      delimiter,
    )
    expect(findOnPath('tool')).toBe(second)
    expect(findOnPath('another')).toBeUndefined()
    delete process.env['PATH']
    expect(findOnPath('tool')).toBeUndefined()
  })

  test.each([
    ['its version', 'echo "v1.2.3"', '1.2.3'],
    ['nothing of the kind', 'echo hello', undefined],
    ['its version, and fails', 'echo v1.2.3; exit 1', undefined],
  ])('says %s', async (_what, text, version) => {
    expect(await programVersion(script('tool', text), [], /v(\S+)/)).toBe(version)
  })
})
