import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { requirePart } from '../lab/provision/require-part.ts'
import { diagnose } from './support/language-service.ts'
import { findSteps, readActions } from './support/metadata.ts'

const root = join(import.meta.dirname, '..')
const actionlint = await requirePart('actionlint')
const zizmor = await requirePart('zizmor')

const ci = globSync('.github/workflows/*.yml', { cwd: root })
const workflows = [...ci, ...globSync('examples/workflows/*.yml', { cwd: root })]
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A checker's exit code and words, for files in the checkout. */
function lint(program: string, args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

/** Runs a check on one workflow that is not sound. */
function onUnsound<T>(text: string, check: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-workflow-'))
  try {
    writeFileSync(join(folder, 'unsound.yml'), text)
    return check(join(folder, 'unsound.yml'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const injection = `on: issue_comment
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "\${{ github.event.comment.body }}"
`

actionlint.describe('actionlint', () => {
  const args = ['-no-color', '-shellcheck=', '-pyflakes=']

  test('finds nothing', () => {
    expect(lint(actionlint.path, [...args, ...workflows])).toEqual({ status: 0, said: '' })
  })

  test('finds an injection', () => {
    const { status, said } = onUnsound(injection, (file) => lint(actionlint.path, [...args, file]))
    expect(status).toBe(1)
    expect(said).toContain('potentially untrusted')
  })
})

zizmor.describe('zizmor', () => {
  const args = ['--offline', '--quiet', '--format=plain', '--color=never']

  test('finds nothing', () => {
    expect(lint(zizmor.path, [...args, ...workflows, 'action.yml'])).toMatchObject({ status: 0 })
  })

  test('finds an injection', () => {
    const { status, said } = onUnsound(injection, (file) => lint(zizmor.path, [...args, file]))
    expect(status).toBeGreaterThan(0)
    expect(said).toContain('template-injection')
  })
})

test("GitHub's language service finds nothing", () => {
  const known = Object.fromEntries(
    Object.entries(readActions(root)).map(([name, yml]) => [`OWNER/ondol/actions/${name}`, yml]),
  )
  const documents = workflows.map((path) => ({ path, text: read(path) }))
  expect(diagnose(documents, known)).toEqual([])
})

describe.each(workflows.map((path) => ({ path })))('$path', ({ path }) => {
  const text = read(path)
  const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/
  const own = /^(?:\.\/|OWNER\/ondol\/)/

  test('pins every foreign action by commit, with its version beside it', () => {
    const foreign = findSteps(text).filter(({ uses }) => !own.test(uses))
    expect(foreign.filter(({ uses }) => !pinned.test(uses))).toEqual([])
    const lines = text.split('\n').filter((line) => /uses: [^.\s].*@[0-9a-f]{40}/.test(line))
    expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })

  test('grants nothing to the whole workflow but reading, and leaves no credentials in the checkout', () => {
    const { permissions } = parse(text)
    expect([{}, { contents: 'read' }]).toContainEqual(permissions)
    const checkouts = findSteps(text).filter(({ uses }) => uses.startsWith('actions/checkout@'))
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })
})

test('the root action names every action', () => {
  const text = read('action.yml')
  expect(Object.keys(readActions(root)).filter((name) => !text.includes(`ondol/actions/${name}@`))).toEqual([])
})
