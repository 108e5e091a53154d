import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type ClosableProcessRunner, createProcessRunner } from '../../../../lib/process/run.ts'
import { findKubectl } from './kubectl.ts'

const environment = { ...process.env }
let folder = ''
let processes: ClosableProcessRunner
let asked: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-kubectl-'))
  Object.assign(process.env, { PATH: folder, RUNNER_TEMP: folder, RUNNER_TOOL_CACHE: join(folder, 'cache') })
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  processes = createProcessRunner()
  asked = []
})
afterEach(() => {
  jest.restoreAllMocks()
  processes.close()
  process.env = { ...environment }
  rmSync(folder, { recursive: true, force: true })
})

function onPath(version: string): string {
  const file = join(folder, 'kubectl')
  writeFileSync(file, `#!/bin/sh\necho '{"clientVersion": {"gitVersion": "v${version}"}}'\n`)
  chmodSync(file, 0o755)
  return file
}

const content = Buffer.from('published')
const download = async (url: string): Promise<Buffer> => {
  asked.push(url)
  return url.endsWith('.sha256') ? Buffer.from(createHash('sha256').update(content).digest('hex')) : content
}
const find = (wanted: string): Promise<string> => findKubectl(wanted, { processes, env: { PATH: '/bin' }, download })

test('what is on PATH, if it may be anyone or is the one', async () => {
  const file = onPath('1.34.4')
  expect(await find('path')).toBe(file)
  expect(await find('1.34.4')).toBe(file)
  expect(asked).toEqual([])
})

test('another version is had from where Kubernetes publishes it', async () => {
  onPath('1.20.2')
  const file = await find('1.34.4')
  expect(readFileSync(file)).toEqual(content)
  expect(asked.toSorted()).toEqual([
    expect.stringMatching(/^https:\/\/dl\.k8s\.io\/release\/v1\.34\.4\/bin\/(linux|darwin)\/(amd64|arm64)\/kubectl$/),
    expect.stringMatching(/kubectl\.sha256$/),
  ])
})

test('none on PATH says what to do', async () => {
  await expect(find('path')).rejects.toMatchObject({
    failure: {
      reason: 'invalid-input',
      message: 'There is no kubectl on PATH.',
      remedy: expect.stringContaining('kubectl-version'),
    },
  })
})
