import { createHash } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createDownload } from './download.ts'
import { installFile } from './install-file.ts'

const SCRIPT = '#!/bin/sh\necho published\n'
const SUM = createHash('sha256').update(SCRIPT).digest('hex')

const environment = { ...process.env }
let folder = ''
let server: Server
let origin = ''
let files: Record<string, string> = {}
let requests = 0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-install-'))
  Object.assign(process.env, { RUNNER_TEMP: folder, RUNNER_TOOL_CACHE: join(folder, 'cache') })
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  files = { '/kubectl': SCRIPT, '/kubectl.sha256': SUM }
  requests = 0
  server = createServer(({ url = '' }, response) => {
    requests++
    const content = files[url]
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  jest.restoreAllMocks()
  process.env = { ...environment }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const install = (): Promise<string> =>
  installFile(
    {
      name: 'kubectl',
      program: 'kubectl',
      version: '1.34.4',
      url: `${origin}/kubectl`,
      checksumUrl: `${origin}/kubectl.sha256`,
    },
    createDownload({ plainOrigin: origin, pausesMs: [] }),
  )

test.each([SUM, `${SUM}\n`, `${SUM.toUpperCase()}  kubectl\n`])(
  'a program whose checksum is %j is had, once, ready to run',
  async (sum) => {
    files['/kubectl.sha256'] = sum
    const program = await install()
    expect(program).toBe(join(folder, 'cache/kubectl/1.34.4', process.arch, 'kubectl'))
    accessSync(program, constants.X_OK)
    expect(readFileSync(program, 'utf8')).toBe(SCRIPT)
    expect(readdirSync(folder)).toEqual(['cache'])
    const asked = requests
    expect(await install()).toBe(program)
    expect(requests).toBe(asked)
  },
)

test.each<[string, Record<string, string>, RegExp]>([
  [
    'another program',
    { '/kubectl': `${SCRIPT}#` },
    /^kubectl 1\.34\.4 was downloaded but is not used: its SHA-256 is /,
  ],
  ['an empty checksum', { '/kubectl.sha256': '' }, /published is ""/],
  ['a page for a checksum', { '/kubectl.sha256': '<html> not found' }, /published is "<html>"/],
  [
    'no program',
    { '/kubectl.sha256': SUM, '/kubectl': undefined as unknown as string },
    /^kubectl 1\.34\.4 can't be had: .* answers 404\.$/,
  ],
])('%s is refused, and nothing stays', async (_what, changed, says) => {
  Object.assign(files, changed)
  await expect(install()).rejects.toMatchObject({ reason: 'invalid-input', message: expect.stringMatching(says) })
  expect(readdirSync(folder)).toEqual([])
})
