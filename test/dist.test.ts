import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
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
