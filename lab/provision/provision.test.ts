import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cacheFolder, compareVersions, findPart } from './find.ts'
import { provision } from './index.ts'
import { fillCache } from './install.ts'
import { commandFor, partNames, parts } from './parts.ts'

const original = { PATH: process.env['PATH'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] }
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-provision-test-'))
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache')
  process.env['PATH'] = join(folder, 'bin')
})
afterEach(() => {
  Object.assign(process.env, original)
  if (original.XDG_CACHE_HOME === undefined) delete process.env['XDG_CACHE_HOME']
  rmSync(folder, { recursive: true, force: true })
})

/** A program that prints a line, in a folder that is made. */
function program(file: string, prints: string): string {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!${process.execPath}\nconsole.log(${JSON.stringify(prints)})\n`)
  chmodSync(file, 0o755)
  return file
}

describe('findPart', () => {
  test('takes a program on PATH that is new enough', async () => {
    const file = program(join(folder, 'bin/terraform'), 'Terraform v1.11.4\non linux_amd64')
    expect(await findPart('terraform')).toBe(file)
  })

  test.each(['Terraform v1.9.8', 'no version at all'])('leaves one that says "%s"', async (prints) => {
    program(join(folder, 'bin/terraform'), prints)
    expect(await findPart('terraform')).toBeUndefined()
  })

  test('looks on past one that is too old', async () => {
    program(join(folder, 'bin/terraform'), 'Terraform v0.12.0')
    const file = program(join(folder, 'other/terraform'), 'Terraform v1.12.0')
    process.env['PATH'] += `:${join(folder, 'other')}`
    expect(await findPart('terraform')).toBe(file)
  })

  test("a linter counts only as the lab's own copy, whose version is known", async () => {
    program(join(folder, 'bin/actionlint'), '9.9.9')
    expect(await findPart('actionlint')).toBeUndefined()
    const own = program(join(cacheFolder('actionlint'), 'bin/actionlint'), '')
    expect(await findPart('actionlint')).toBe(own)
    expect(own).toContain('/ondol-lab/actionlint-1.7.12/')
  })
})

describe('provision', () => {
  test('without leave to install it names the command and leaves everything as it is', async () => {
    const lines: string[] = []
    const { zizmor, git } = await provision(['zizmor', 'git'], { install: false, report: (line) => lines.push(line) })
    expect(zizmor).toMatchObject({ kind: 'missing', command: 'npm run lab -- zizmor' })
    expect(git).toMatchObject({ kind: 'missing', command: 'sudo apt-get install -y git' })
    expect([lines, existsSync(join(folder, 'cache'))]).toEqual([[], false])
  })

  test('installs into the cache with the tool that the part uses', async () => {
    const pip = program(join(folder, 'bin/pip3'), 'pip 24.0')
    // A pip that does what it is told: puts a program under the target.
    writeFileSync(
      pip,
      `#!${process.execPath}
const { mkdirSync, writeFileSync } = require('node:fs')
if (process.argv[2] === '--version') { console.log('pip 24.0'); process.exit(0) }
const target = process.argv[process.argv.indexOf('--target') + 1]
mkdirSync(target + '/bin')
writeFileSync(target + '/bin/zizmor', process.argv.at(-1), { mode: 0o755 })
`,
    )
    const { zizmor } = await provision(['zizmor'], { install: true, report: () => undefined })
    const own = join(cacheFolder('zizmor'), 'bin/zizmor')
    expect(zizmor).toEqual({ kind: 'present', path: own })
    expect(readFileSync(own, 'utf8')).toBe('zizmor==1.32.0')
    expect(readdirSync(join(folder, 'cache/ondol-lab'))).toEqual(['zizmor-1.32.0'])
  })

  test('a failing installer is a reason, in its own words, and leaves nothing behind', async () => {
    const pip = program(join(folder, 'bin/pip3'), 'pip 24.0')
    writeFileSync(
      pip,
      `#!${process.execPath}\nif (process.argv[2] === '--version') console.log('pip 24.0')\nelse { console.error('disk is full'); process.exit(1) }\n`,
    )
    const { zizmor } = await provision(['zizmor'], { install: true, report: () => undefined })
    expect(zizmor).toMatchObject({ kind: 'missing', why: expect.stringContaining('disk is full') })
    expect(readdirSync(join(folder, 'cache/ondol-lab'))).toEqual([])
  })

  test('what no package manager has is missing, with instructions', async () => {
    const { terraform } = await provision(['terraform'], { install: true, report: () => undefined })
    expect(terraform).toMatchObject({ kind: 'missing', command: expect.stringContaining('install Terraform 1.11') })
  })
})

describe('fillCache', () => {
  test('of two at the same time the first to finish stays whole', async () => {
    const target = join(folder, 'cache/tool-1')
    const fill = (text: string, ms: number): Promise<void> =>
      fillCache(target, async (into) => {
        writeFileSync(join(into, 'a'), text)
        await new Promise((done) => setTimeout(done, ms))
        writeFileSync(join(into, 'b'), text)
      })
    await Promise.all([fill('slow', 60), fill('fast', 5)])
    expect(['a', 'b'].map((name) => readFileSync(join(target, name), 'utf8'))).toEqual(['fast', 'fast'])
    expect(readdirSync(join(folder, 'cache'))).toEqual(['tool-1'])
  })
})

test('versions compare as numbers', () => {
  const version = fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'))
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)))
      expect(compareVersions(`${a}.1`, a)).toBeGreaterThan(0)
      expect(compareVersions(`${a}.0`, a)).toBe(0)
    }),
  )
  expect(compareVersions('1.9', '1.11')).toBeLessThan(0)
})

test.each(partNames)('%s: what it uses is a part, and a person is told one command', (name) => {
  expect(partNames).toEqual(expect.arrayContaining([...parts[name].uses]))
  expect(commandFor(name)).toMatch(/^(sudo apt-get install -y \S+|npm run lab -- \S+|install .+)$/)
})
