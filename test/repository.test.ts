import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Files of the repository that people write: what git tracks or would track, without bundles and the lock file. */
function written(): string[] {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '' && !path.includes('/dist/') && path !== 'package-lock.json')
    .filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile())
}

test('the lock file holds no address of a registry, and a digest for every package', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Record<string, unknown>> }
  const entries = Object.entries(packages).filter(([path]) => path !== '')
  expect(entries.filter(([, entry]) => 'resolved' in entry).map(([path]) => path)).toEqual([])
  const bare = entries.filter(([, entry]) => !('integrity' in entry) && !('inBundle' in entry) && !('link' in entry))
  expect(bare.map(([path]) => path)).toEqual([])
})

test('every dependency has an exact version', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides']
  const loose = kinds
    .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  expect(loose).toEqual([])
})

test('no file names a folder of one machine, or the host of a package registry', () => {
  const hosts = [
    ['registry', 'npmjs', 'org'],
    ['registry', 'yarnpkg', 'com'],
    ['files', 'pythonhosted', 'org'],
    ['pypi', 'org'],
    ['proxy', 'golang', 'org'],
    ['crates', 'io'],
    ['deb', 'debian', 'org'],
  ].map((parts) => parts.join('.'))
  const folders = [root, ['', 'work', 'main'].join('/'), ['', 'work', 'shared'].join('/')]
  const found = written().flatMap((path) => {
    const text = read(path)
    return [...hosts, ...folders].filter((word) => text.includes(word)).map((word) => `${path}: ${word}`)
  })
  expect(found).toEqual([])
})
