import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createProcessRunner } from '../process/run.ts'
import { findOnPath, programVersion } from './on-path.ts'

const path = process.env['PATH']
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-on-path-'))
})
afterEach(() => {
  process.env['PATH'] = path
  rmSync(folder, { recursive: true, force: true })
})

function script(name: string, text: string, mode = 0o755): string {
  const file = join(folder, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, mode)
  return file
}

test('the first executable one on PATH', () => {
  script('a/tool', '', 0o644)
  const second = script('b/tool', '')
  script('c/tool', '')
  process.env['PATH'] = ['', join(folder, 'none'), ...['a', 'b', 'c'].map((name) => join(folder, name))].join(delimiter)
  expect(findOnPath('tool')).toBe(second)
  expect(findOnPath('another')).toBeUndefined()
  delete process.env['PATH']
  expect(findOnPath('tool')).toBeUndefined()
})

test.each([
  ['its version', 'echo "v1.2.3"', '1.2.3'],
  ['nothing of the kind', 'echo hello', undefined],
  ['its version, and fails', 'echo v1.2.3; exit 1', undefined],
])('a program says %s', async (_what, text, version) => {
  const processes = createProcessRunner()
  try {
    expect(await programVersion(processes, { file: script('tool', text), args: [] }, /v(\S+)/)).toBe(version)
  } finally {
    processes.close()
  }
})
