import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { localPlace } from '../places/local.ts'
import type { FilesSource } from '../sources/source.ts'
import { backUpFiles } from './back-up.ts'
import type { Entry } from './entry.ts'
import { createMemory, type Memory } from './fixtures/memory.ts'
import { rawPath } from './path.ts'
import { applyDeletions, extract, membersOf, prepareFolder, selectEntries } from './restore.ts'
import { describeDifference, verifyTree } from './verify-tree.ts'

const here = localPlace({ PATH: process.env['PATH'] ?? '' }, undefined)

let folder = ''
let target = ''
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'ondol-restore-'))
  target = join(folder, 'target')
  fs.mkdirSync(target)
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true })
})

function entry(path: string, type: Entry['type'] = 'f'): Entry {
  const rest = { size: 0, mtime: '', ctime: '', mode: '', uid: 0, gid: 0, inode: '', link: '', hash: '', home: '' }
  return { path, type, ...rest }
}

describe('deletions', () => {
  test('remove files, links and whole folders, whatever their names', () => {
    fs.mkdirSync(join(target, 'd/e'), { recursive: true })
    fs.writeFileSync(join(target, 'd/e/f'), '')
    fs.writeFileSync(join(target, 'kept'), '')
    fs.symlinkSync('../target/kept', join(target, 'd/link'))
    const odd = Buffer.from(`${target}/odd\n\xff`, 'latin1')
    fs.writeFileSync(odd, '')
    applyDeletions(target, ['d/e', 'd/link', 'odd\n\xff', 'never/was', 'gone'])
    expect(fs.readdirSync(target, { recursive: true }).sort()).toEqual(['d', 'kept'])
  })

  test('never go through a symlink', () => {
    fs.mkdirSync(join(folder, 'outside/d'), { recursive: true })
    fs.writeFileSync(join(folder, 'outside/d/f'), '')
    fs.symlinkSync('../outside', join(target, 'way'))
    expect(() => applyDeletions(target, ['way/d/f'])).toThrow('/way is no folder but a symlink')
    applyDeletions(target, ['way'])
    expect(fs.existsSync(join(folder, 'outside/d/f'))).toBe(true)
    expect(fs.readdirSync(target)).toEqual([])
  })

  test.each(['../outside', '/etc/passwd', '', 'a//b', 'a/./b', 'a/..', '..'])('never leave the folder: %p', (path) => {
    fs.writeFileSync(join(folder, 'outside'), '')
    expect(() => applyDeletions(target, [path])).toThrow('not a path that can be restored')
    expect(fs.existsSync(join(folder, 'outside'))).toBe(true)
  })
})

describe('a folder that is not empty', () => {
  test('is refused, and nothing in it is touched', () => {
    fs.writeFileSync(join(target, 'x'), 'mine')
    expect(() => prepareFolder(target, [entry('x')], false)).toThrow('is not empty')
    expect(fs.readFileSync(join(target, 'x'), 'utf8')).toBe('mine')
    fs.rmSync(join(target, 'x'))
    expect(() => prepareFolder(target, [entry('x')], false)).not.toThrow()
  })

  test('when allowed, loses only what is in the way', () => {
    fs.mkdirSync(join(target, 'file/inner'), { recursive: true })
    fs.mkdirSync(join(folder, 'outside'))
    fs.writeFileSync(join(folder, 'outside/f'), 'not ours')
    fs.symlinkSync('../outside', join(target, 'd'))
    fs.writeFileSync(join(target, 'other'), 'mine')
    prepareFolder(target, [entry('d', 'd'), entry('d/f'), entry('file')], true)
    expect(fs.readdirSync(target)).toEqual(['other'])
    expect(fs.readFileSync(join(folder, 'outside/f'), 'utf8')).toBe('not ours')
  })

  test('with a symlink above what is restored is refused even then', () => {
    fs.symlinkSync('..', join(target, 'var'))
    expect(() => prepareFolder(target, [entry('var/www', 'd'), entry('var/www/x')], true)).toThrow('but a symlink')
  })
})

describe('an archive', () => {
  test.each([
    ['that leads out of the folder', ['--transform=s,^,../,']],
    ['with an absolute name', ['--absolute-names', '--transform=s,^,/tmp/ondol-absolute-,']],
  ])('%s is damaged, and writes nothing there', async (_name, options) => {
    fs.writeFileSync(join(folder, 'evil'), 'evil')
    const bytes = execFileSync('tar', ['-c', '-C', folder, ...options, 'evil'])
    fs.rmSync(join(folder, 'evil'))
    await expect(extract(here, Readable.from([bytes]), target)).rejects.toMatchObject({ reason: 'corrupt' })
    expect(fs.readdirSync(folder)).toEqual(['target'])
    expect(fs.readdirSync(target)).toEqual([])
    expect(fs.existsSync('/tmp/ondol-absolute-evil')).toBe(false)
  })

  test('that ends early is damaged', async () => {
    fs.writeFileSync(join(folder, 'large'), Buffer.alloc(100_000, 1))
    const bytes = execFileSync('tar', ['-c', '-C', folder, 'large'])
    const cut = Readable.from([bytes.subarray(0, 50_000)])
    await expect(extract(here, cut, target)).rejects.toMatchObject({ reason: 'corrupt' })
  })

  test('whose stream fails fails with that', async () => {
    const failing = new Readable({ read: () => undefined })
    setTimeout(() => failing.destroy(new Error('wrong key')), 10)
    await expect(extract(here, failing, target)).rejects.toThrow('wrong key')
  })
})

describe('a backup', () => {
  let root = ''
  let memory: Memory
  let entries: Entry[] = []

  beforeEach(async () => {
    root = join(folder, 'root')
    fs.mkdirSync(join(root, 'x/y'), { recursive: true })
    fs.mkdirSync(join(root, 'z'))
    fs.writeFileSync(join(root, 'x/y/one'), 'one')
    fs.writeFileSync(join(root, 'x/two'), 'two')
    fs.writeFileSync(join(root, 'z/first'), 'shared')
    fs.linkSync(join(root, 'z/first'), join(root, 'x/y/second'))
    fs.symlinkSync('two', join(root, 'x/link'))
    fs.chmodSync(join(root, 'x/y'), 0o750)
    memory = createMemory()
    const source: FilesSource = { id: '1-files', kind: 'files', on: { kind: 'local' }, paths: [root], exclude: [] }
    const { openSink } = memory
    const options = { previous: [], home: 'one', volumeBytes: 1e9, concurrency: 1, detect: 'mtime', openSink } as const
    ;({ entries } = await backUpFiles(source, here, options))
  })

  const names = (found: readonly Entry[]): string[] => found.map(({ path }) => path.slice(rawPath(root).length))

  test('restores in part: what patterns mean, the folders on the way, and all names of a file', async () => {
    const wanted = selectEntries(entries, [join(root, 'z'), 'two'])
    expect(names(wanted)).toEqual(['', '/x', '/x/two', '/x/y', '/x/y/second', '/z', '/z/first'])
    await extract(here, memory.open('1-files.1.tar'), target, membersOf(wanted, 'one'))
    expect(await verifyTree(target, wanted, { content: true })).toEqual([])
    expect(selectEntries(entries, [])).toEqual(entries)
    expect(selectEntries(entries, ['nothing'])).toEqual([])
  })

  test('is compared in every respect', async () => {
    await extract(here, memory.open('1-files.1.tar'), target, membersOf(entries, 'one'))
    const at = (path: string): string => join(target, root, path)
    const { mtime } = fs.statSync(at('x/y/one'))
    fs.writeFileSync(at('x/y/one'), 'ONE')
    fs.utimesSync(at('x/y/one'), mtime, mtime)
    fs.writeFileSync(at('x/two'), 'longer')
    fs.rmSync(at('z/first'))
    fs.writeFileSync(at('z/first'), 'shared')
    fs.rmSync(at('x/link'))
    fs.symlinkSync('elsewhere', at('x/link'))
    fs.chmodSync(at('x/y'), 0o755)
    fs.writeFileSync(at('more'), '')
    const differences = await verifyTree(target, entries, { content: true })
    const found = new Set(differences.map((one) => `${one.path.slice(rawPath(root).length)} ${one.field}`))
    for (const one of [
      '/x/y/one content',
      '/x/two size',
      '/z/first names',
      '/x/link link',
      '/x/y mode',
      '/more unexpected',
    ]) {
      expect(found).toContain(one)
    }
    const texts = differences.map(describeDifference)
    expect(texts).toContain(`${root}/x/y has another mode: 755 instead of 750`)
    fs.rmSync(at('z'), { recursive: true })
    fs.writeFileSync(at('z'), '')
    const after = await verifyTree(target, entries)
    expect(after).toEqual(
      expect.arrayContaining([expect.objectContaining({ field: 'type', expected: 'd', found: 'f' })]),
    )
    expect(after.map(describeDifference)).toContain(`${root}/z/first is missing`)
  })
})
