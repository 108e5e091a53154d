import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { findTerraform, terraformRelease } from './find.ts'

const environment = { ...process.env }
let repository = ''
let root = ''
let program = ''

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  repository = mkdtempSync(join(tmpdir(), 'ondol-find-'))
  root = join(repository, 'infra/prod')
  mkdirSync(root, { recursive: true })
  mkdirSync(join(repository, 'bin'))
  program = join(repository, 'bin/terraform')
  writeFileSync(program, '#!/bin/sh\necho \'{ "terraform_version": "1.9.8", "platform": "linux_amd64" }\'\n')
  chmodSync(program, 0o755)
  process.env['PATH'] = [join(repository, 'bin'), environment['PATH']].join(delimiter)
  // A version that isn't on PATH would be downloaded; without these two that fails before anything is asked for.
  delete process.env['RUNNER_TEMP']
  delete process.env['RUNNER_TOOL_CACHE']
})
afterEach(() => {
  jest.restoreAllMocks()
  process.env = { ...environment }
  rmSync(repository, { recursive: true, force: true })
})

const find = (wanted: string): Promise<string> => findTerraform(wanted, root, repository)
const pin = (folder: string, text: string): void => writeFileSync(join(repository, folder, '.terraform-version'), text)

describe('the program that is on PATH', () => {
  test.each(['auto', 'path', '1.9.8'])('is used for %s', async (wanted) => {
    expect(await find(wanted)).toBe(program)
  })

  test('is used when the nearest .terraform-version, up to the repository’s top, says so', async () => {
    pin('.', '1.0.0\n')
    pin('infra', 'v1.9.8\n')
    expect(await find('auto')).toBe(program)
    pin('infra/prod', '1.0.1')
    await expect(find('auto')).rejects.toThrow(/RUNNER_TOOL_CACHE/)
    expect(await find('path')).toBe(program)
  })

  test('is not used when another version is wanted', async () => {
    await expect(find('1.9.7')).rejects.toThrow(/RUNNER_TOOL_CACHE/)
  })

  test('is missed in so many words', async () => {
    process.env['PATH'] = root
    for (const wanted of ['auto', 'path'])
      await expect(find(wanted)).rejects.toMatchObject({
        reason: 'invalid-input',
        message: 'There is no terraform on PATH.',
        remedy: expect.stringContaining('tool-version'),
      })
  })
})

test.each(['latest', 'latest:^1.9', '1.9', '', 'min-required', '1.9.8 # pinned'])(
  'a .terraform-version of %j is refused',
  async (text) => {
    pin('infra', text)
    await expect(find('auto')).rejects.toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(/infra[\\/]\.terraform-version says ".*"; an exact version/),
    })
  },
)

test('a file above the repository has no say', async () => {
  pin('.', '1.0.0')
  expect(await findTerraform('auto', root, join(repository, 'infra'))).toBe(program)
})

test('a release is an archive for this machine, beside the checksums of its version', () => {
  const { archiveUrl, archiveName, checksumsUrl, version, tool } = terraformRelease(
    '1.11.4',
    'http://127.0.0.1/terraform',
  )
  expect({ version, tool }).toEqual({ version: '1.11.4', tool: 'terraform' })
  expect(archiveName).toMatch(/^terraform_1\.11\.4_(linux|darwin|windows)_(amd64|arm64)\.zip$/)
  expect(archiveUrl).toBe(`http://127.0.0.1/terraform/1.11.4/${archiveName}`)
  expect(checksumsUrl).toBe('http://127.0.0.1/terraform/1.11.4/terraform_1.11.4_SHA256SUMS')
})
