import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { build, bundledActions } from '../scripts/build.ts'

const root = join(import.meta.dirname, '..')
let fresh = ''

beforeAll(() => {
  fresh = mkdtempSync(join(tmpdir(), 'ondol-dist-'))
  build((action) => join(fresh, action))
}, 300_000)
afterAll(() => rmSync(fresh, { recursive: true, force: true }))

/** Every file under a folder, with its bytes. */
function contents(folder: string): Map<string, Buffer> {
  const files = globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile())
  return new Map(files.sort().map((path) => [path, readFileSync(join(folder, path))]))
}

test('each committed bundle is what its sources give: `npm run build` when this fails', () => {
  expect(bundledActions()).not.toEqual([])
  const different = bundledActions().flatMap((action) => {
    const made = contents(join(fresh, action))
    const committed = contents(join(root, 'actions', action, 'dist'))
    const paths = new Set([...made.keys(), ...committed.keys()])
    return [...paths]
      .filter((path) => !(committed.get(path)?.equals(made.get(path) ?? Buffer.of()) ?? false))
      .map((path) => `actions/${action}/dist/${path}`)
  })
  expect(different).toEqual([])
})

test('no bundle tells where it was built', () => {
  const telling = bundledActions().filter((action) =>
    [...contents(join(fresh, action)).values()].some((bytes) => bytes.includes(root)),
  )
  expect(telling).toEqual([])
})

test.each(bundledActions())('%s: the post step of a job that was killed before main began does nothing', (action) => {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-post-'))
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(folder, name)]),
  )
  for (const file of Object.values(files)) writeFileSync(file, '')
  try {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'actions', action, 'dist/post.js')], {
      env: { PATH: process.env['PATH'], ...files },
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(Object.values(files).map((file) => readFileSync(file, 'utf8'))).toEqual(['', '', ''])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
