import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { localPlace } from '../places/local.ts'
import type { Place, PlaceCommand } from '../places/place.ts'
import type { FilesSource } from '../sources/source.ts'
import { type BackedUp, type BackUpOptions, backUpFiles } from './back-up.ts'
import { compareSource } from './compare-source.ts'
import { createMemory, type Memory, wrapped } from './fixtures/memory.ts'
import { rawPath } from './path.ts'
import { describeProblem } from './problem.ts'
import { extract, membersOf } from './restore.ts'
import { verifyTree } from './verify-tree.ts'

const here = localPlace({ PATH: process.env['PATH'] ?? '' }, undefined)

let folder = ''
let root = ''
let memory: Memory

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'ondol-back-up-'))
  fs.chmodSync(folder, 0o755)
  root = join(folder, 'root')
  fs.mkdirSync(join(root, 'sub'), { recursive: true })
  fs.writeFileSync(join(root, 'a'), 'content of a')
  fs.writeFileSync(join(root, 'sub/b'), 'content of b')
  memory = createMemory()
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true })
})

const sourceOf = (paths: string[] = [root], exclude: string[] = []): FilesSource => {
  return { id: '1-files', kind: 'files', on: { kind: 'local' }, paths, exclude }
}

function run(place: Place = here, source = sourceOf(), change: Partial<BackUpOptions> = {}): Promise<BackedUp> {
  const { openSink } = memory
  const options = { previous: [], home: 'one', volumeBytes: 1e9, concurrency: 2, detect: 'mtime', openSink } as const
  return backUpFiles(source, place, { ...options, ...change })
}

const isArchiving = ({ argv }: PlaceCommand): boolean => argv.includes('--create')

/** Something happens between the listing and the archive. */
function meanwhile(happens: () => void): Place {
  return wrapped(here, (command) => {
    if (isArchiving(command)) happens()
    return command
  })
}

const names = ({ entries }: BackedUp): string[] => entries.map(({ path }) => path.slice(rawPath(root).length))
const told = ({ problems }: BackedUp): string[] =>
  problems.map((problem) => describeProblem(problem).replaceAll(root, ''))

describe('before anything is opened', () => {
  test.each([
    ['a path that is not there', 'gone', 'source-failed', 'does not exist on local'],
    ['a path that is a symlink', 'link', 'invalid-input', 'is a symlink on local'],
    ['a path with nothing but folders', 'empty', 'source-empty', '1-files has no files'],
  ])('%s', async (_name, path, reason, message) => {
    fs.mkdirSync(join(folder, 'empty/in'), { recursive: true })
    fs.symlinkSync('root', join(folder, 'link'))
    await expect(run(here, sourceOf([join(folder, path)]))).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(message),
    })
    expect([...memory.estimates]).toEqual([])
  })
})

test('what is excluded is not there, and sockets are no problem', async () => {
  fs.mkdirSync(join(root, 'cache/deep'), { recursive: true })
  fs.writeFileSync(join(root, 'cache/deep/x'), '')
  const python = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'
  execFileSync('python3', ['-c', python, join(root, 'run.socket')])
  const made = await run(here, sourceOf([root], ['cache', '*.tmp']))
  expect(names(made)).toEqual(['', '/a', '/sub', '/sub/b'])
  expect(made).toMatchObject({ problems: [], files: 2, deleted: [] })
})

test('a single file is a source, too', async () => {
  const made = await run(here, sourceOf([join(root, 'a')]))
  expect(names(made)).toEqual(['/a'])
})

test('a folder that was full and is empty is told of', async () => {
  const other = join(folder, 'other')
  fs.mkdirSync(other)
  fs.writeFileSync(join(other, 'x'), '')
  const { entries: previous } = await run(here, sourceOf([root, other]))
  fs.rmSync(join(other, 'x'))
  const made = await run(here, sourceOf([root, other]), { previous })
  expect(told(made)).toEqual([`${other} is empty, and was not in the backup before (it held 1 entries before)`])
  expect(made.deleted).toEqual([rawPath(join(other, 'x'))])
})

describe('while it runs', () => {
  test('a file that vanishes is told of and not in the index', async () => {
    const made = await run(meanwhile(() => fs.rmSync(join(root, 'sub/b'))))
    expect(told(made)).toEqual(['/sub/b vanished before it could be read (No such file or directory)'])
    expect(names(made)).toEqual(['', '/a', '/sub'])
  })

  test('a file that changes before it is read is in the index as it was read, and is taken again', async () => {
    const made = await run(meanwhile(() => fs.writeFileSync(join(root, 'a'), 'longer than before')))
    expect(made.problems).toEqual([])
    expect(made.entries.find(({ path }) => path.endsWith('/a'))).toMatchObject({ size: 18 })
    const again = await run(here, sourceOf(), { previous: made.entries, home: 'two' })
    expect(again.entries.filter(({ home }) => home === 'two').map(({ path }) => path)).toContain(
      rawPath(join(root, 'a')),
    )
  })

  test('a file that changes while it is read is told of, and taken again', async () => {
    fs.writeFileSync(join(root, 'a'), Buffer.alloc(8_000_000, 'x'))
    const { openSink } = memory
    const made = await run(here, sourceOf(), {
      openSink(name, estimate) {
        const sink = openSink(name, estimate)
        sink.stream.once('pipe', () => setTimeout(() => fs.appendFileSync(join(root, 'a'), 'more'), 20))
        const write = sink.stream._write.bind(sink.stream)
        sink.stream._write = (chunk, encoding, done) => void setTimeout(() => write(chunk, encoding, done), 1)
        return sink
      },
    })
    expect(told(made)).toEqual(['/a changed while it was read (file changed as we read it)'])
    const again = await run(here, sourceOf(), { previous: made.entries, home: 'two' })
    expect(again.entries.find(({ path }) => path.endsWith('/a'))?.home).toBe('two')
    expect(again.problems).toEqual([])
  })

  test('a folder that is swapped for a symlink takes nothing along that lies elsewhere', async () => {
    fs.mkdirSync(join(folder, 'elsewhere'))
    fs.writeFileSync(join(folder, 'elsewhere/b'), 'secret of another')
    const made = await run(
      meanwhile(() => {
        fs.renameSync(join(root, 'sub'), join(folder, 'moved'))
        fs.symlinkSync('../elsewhere', join(root, 'sub'))
      }),
    )
    expect(names(made)).toEqual(['', '/a', '/sub'])
    expect(told(made)).toEqual([expect.stringContaining('/sub/b vanished before it could be read')])
    const target = fs.mkdtempSync(join(folder, 'restored-'))
    await extract(here, memory.open('1-files.1.tar'), target, membersOf(made.entries, 'one'))
    expect(await verifyTree(target, made.entries, { content: true })).toEqual([])
  })
})

const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip
describeAsRoot('by a user who may not read all [as root only]', () => {
  const nobody = wrapped(here, (command) => ({
    ...command,
    argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...command.argv],
  }))

  test('what cannot be read is told of, and all else is there', async () => {
    const odd = 'odd: Cannot open: \n\xff'
    fs.writeFileSync(Buffer.from(`${root}/${odd}`, 'latin1'), '', { mode: 0o600 })
    fs.writeFileSync(join(root, 'shut'), 'x', { mode: 0o600 })
    fs.mkdirSync(join(root, 'folder'), { mode: 0o700 })
    fs.writeFileSync(join(root, 'folder/in'), 'x')
    const made = await run(nobody)
    expect(names(made)).toEqual(['', '/a', '/sub', '/sub/b'])
    const paths = made.problems.map(({ kind, path }) => [kind, path.slice(rawPath(root).length)])
    expect(paths.sort()).toEqual([
      ['unreadable', '/folder'],
      ['unreadable', '/folder'],
      ['unreadable', `/${odd}`],
      ['unreadable', '/shut'],
    ])
  })
})

describe('a failure leaves no object', () => {
  const change = (argv: (from: PlaceCommand['argv']) => PlaceCommand['argv']): Place =>
    wrapped(here, (command) => (isArchiving(command) ? { ...command, argv: argv(command.argv) } : command))

  test.each<[string, Place, string]>([
    ['of tar', change(([tar, ...args]) => [tar, '--no-such-option', ...args]), 'unrecognized option'],
    ['of a stream that ends early', change((argv) => ['sh', '-c', '"$@" | head -c 2000', 'sh', ...argv]), 'end marker'],
    ['of a stream that is none', change(() => ['sh', '-c', 'cat >/dev/null; head -c 2000 /dev/urandom']), 'damaged'],
    ['of a tar that ends without a word', change(() => ['sh', '-c', 'exit 9']), 'ended with code 9'],
    ['of a tar that is killed', change(() => ['sh', '-c', 'kill -9 $$']), 'was ended by SIGKILL'],
  ])('%s', async (_name, place, message) => {
    await expect(run(place)).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining(message),
    })
    expect(memory.names()).toEqual([])
  })

  test('of a tar that sends what nobody asked for', async () => {
    const place = change(() => ['sh', '-c', `cat >/dev/null; tar -c -C / ${rawPath(folder)}`])
    await expect(run(place)).rejects.toThrow('which was not asked for')
  })

  test('of the object ends tar, and the other volumes', async () => {
    fs.writeFileSync(join(root, 'large'), Buffer.alloc(20_000_000))
    const openSink: BackUpOptions['openSink'] = () => {
      const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the store is full')) })
      return { stream, done: new Promise((_resolve, reject) => stream.once('error', reject)) }
    }
    await expect(run(here, sourceOf(), { openSink, volumeBytes: 10 })).rejects.toThrow('the store is full')
  })
})

const busybox = await requirePart('busybox')
busybox.describe('without GNU find and tar', () => {
  const basic = wrapped(here, (command) => ({ ...command, argv: [busybox.path, ...command.argv] }))

  test('all is archived, the archive is the listing, and what has gone is known', async () => {
    fs.linkSync(join(root, 'a'), join(root, 'twin'))
    fs.symlinkSync('a', join(root, 'link'))
    fs.writeFileSync(join(root, `${'long'.repeat(50)}\nname`), 'x')
    const full = await run(basic)
    expect(full).toMatchObject({ problems: [], files: 5 })
    fs.rmSync(join(root, 'link'))
    const next = await run(basic, sourceOf([root], ['sub']), { previous: full.entries, home: 'two' })
    expect(next.deleted).toEqual(['/link', '/sub'].map((path) => rawPath(root + path)))
    expect(next.entries.every(({ home }) => home === 'two')).toBe(true)
    const target = fs.mkdtempSync(join(folder, 'restored-'))
    await extract(here, memory.open('1-files.1.tar'), target, membersOf(next.entries, 'two'))
    expect(await verifyTree(target, next.entries, { content: true })).toEqual([])
  })

  test('another name of a file whose content is excluded is told of', async () => {
    fs.linkSync(join(root, 'a'), join(root, 'zz'))
    const order = execFileSync('busybox', ['tar', '-c', '-C', root, '.']).toString('latin1')
    const [first, second] = order.indexOf('./a\0') < order.indexOf('./zz\0') ? ['a', 'zz'] : ['zz', 'a']
    const made = await run(basic, sourceOf([root], [first]))
    expect(told(made)).toEqual([`/${second} could not be read (its content is that of /${first}, which is excluded)`])
    expect(names(made)).toEqual(['', '/sub', '/sub/b'])
  })

  test('a tar that cannot do it is a failure', async () => {
    const old = wrapped(basic, (command) =>
      command.argv.includes('-c')
        ? { ...command, argv: [command.argv[0], '--none', ...command.argv.slice(1)] }
        : command,
    )
    await expect(run(old)).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('--none'),
    })
  })

  test('a path that is not there', async () => {
    await expect(run(basic, sourceOf([join(folder, 'gone')]))).rejects.toMatchObject({ reason: 'source-failed' })
  })
})

test('a comparison with the source finds content that differs in silence', async () => {
  const { entries } = await run()
  expect(await compareSource(sourceOf(), here, entries, 10)).toEqual({ compared: 2, different: [] })
  expect(await compareSource(sourceOf(), here, entries, 1)).toMatchObject({ compared: 1 })
  const wrong = entries.map((entry) => (entry.path.endsWith('/sub/b') ? { ...entry, hash: 'f'.repeat(64) } : entry))
  const different = [rawPath(join(root, 'sub/b'))]
  expect(await compareSource(sourceOf(), here, wrong, 10)).toEqual({ compared: 2, different })
  fs.writeFileSync(join(root, 'sub/b'), 'changed since')
  expect(await compareSource(sourceOf(), here, wrong, 10)).toEqual({ compared: 1, different: [] })
})
