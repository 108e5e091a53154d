import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { type Sshd, startSshd } from '../../../lab/ssh/sshd.ts'
import { type BackedUp, backUpFiles } from '../src/files/back-up.ts'
import { createMemory, type Memory } from '../src/files/fixtures/memory.ts'
import { describeTree, EDITS, makeTree } from '../src/files/fixtures/tree.ts'
import { rawPath } from '../src/files/path.ts'
import { applyDeletions, extract, membersOf } from '../src/files/restore.ts'
import { verifyTree } from '../src/files/verify-tree.ts'
import { localPlace } from '../src/places/local.ts'
import { openPlace } from '../src/places/open.ts'
import type { Place } from '../src/places/place.ts'
import type { FilesSource } from '../src/sources/source.ts'

interface Made extends BackedUp {
  id: string
  memory: Memory
  /** Indexes of the backups that it needs, and its own. */
  chain: number[]
  copy: string
}

let folder = ''
const env = { PATH: process.env['PATH'] ?? '' }
const here = localPlace(env, undefined)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-chain-'))
})
afterAll(() => {
  execFileSync('chmod', ['-R', 'u+rwX', folder])
  rmSync(folder, { recursive: true })
})

/** Full, incremental, differential, incremental. */
const CHAINS = [[0], [0, 1], [0, 2], [0, 2, 3]]

async function makeChain(place: Place, name: string): Promise<{ source: FilesSource; made: Made[] }> {
  const root = join(folder, name)
  mkdirSync(root)
  makeTree(root)
  const source: FilesSource = { id: '1-files', kind: 'files', on: { kind: 'local' }, paths: [root], exclude: [] }
  const made: Made[] = []
  for (const [index, chain] of CHAINS.entries()) {
    if (index > 0) EDITS[index - 1]?.(root)
    const copy = `${root}-copy-${index}`
    execFileSync('cp', ['-a', root, copy])
    const memory = createMemory()
    const parent = chain.at(-2)
    const previous = parent === undefined ? [] : (made[parent]?.entries ?? [])
    const options = {
      previous,
      home: `backup-${index}`,
      volumeBytes: 2_000_000,
      concurrency: 2,
      detect: 'mtime',
    } as const
    const backedUp = await backUpFiles(source, place, { ...options, openSink: memory.openSink })
    made.push({ ...backedUp, id: options.home, memory, chain, copy })
  }
  return { source, made }
}

function expectSame(restored: string, { copy }: Made, source: FilesSource): void {
  expect(describeTree(join(restored, source.paths[0] ?? ''))).toEqual(describeTree(copy))
}

function cases(open: () => Promise<Place>, name: string): void {
  let place: Place
  let source: FilesSource
  let made: Made[]
  beforeAll(async () => {
    place = await open()
    ;({ source, made } = await makeChain(place, name))
  })
  afterAll(() => place.close())

  test('nothing is a problem, and each backup after the full one holds little', () => {
    expect(made.flatMap(({ problems }) => problems)).toEqual([])
    const [full = 0, ...later] = made.map(({ bytesRead }) => bytesRead)
    expect(Math.max(...later)).toBeLessThan(full)
    expect(made[0]?.memory.names().length).toBeGreaterThan(2)
    for (const { memory } of made) expect([...memory.estimates.keys()].sort()).toEqual(memory.names().sort())
  })

  test.each([0, 1, 2, 3])('backup %i restores to exactly its moment', async (index) => {
    const backup = made[index] as Made
    const target = mkdtempSync(join(folder, 'restored-'))
    for (const { id, memory } of backup.chain.map((one) => made[one] as Made)) {
      for (const object of memory.names()) {
        expect(await extract(here, memory.open(object), target, membersOf(backup.entries, id))).toEqual([])
      }
    }
    expect(await verifyTree(target, backup.entries, { content: true })).toEqual([])
    expectSame(target, backup, source)
  })

  test('a second run without a change archives nothing', async () => {
    const { entries: previous } = made.at(-1) as Made
    const memory = createMemory()
    const options = { previous, home: 'next', volumeBytes: 1e9, concurrency: 1, detect: 'mtime' } as const
    const again = await backUpFiles(source, place, { ...options, openSink: memory.openSink })
    expect(again).toMatchObject({ entries: previous, deleted: [], bytesRead: 0 })
    expect(memory.names()).toEqual([])
  })

  // What follows doesn't depend on the place.
  if (name !== 'local') return

  test.each([1, 3])('backup %i by hand: archives one after the other, deletions before each', async (index) => {
    const backup = made[index] as Made
    const target = mkdtempSync(join(folder, 'by-hand-'))
    for (const { deleted, memory } of backup.chain.map((one) => made[one] as Made)) {
      applyDeletions(target, deleted)
      for (const object of memory.names()) await extract(here, memory.open(object), target)
    }
    expectSame(target, backup, source)
  })

  test('moved to another disk with its times: by checksum nothing is read again', async () => {
    const { entries: previous } = made.at(-1) as Made
    const root = source.paths[0] ?? ''
    execFileSync('cp', ['-a', root, `${root}-moved`])
    execFileSync('sh', ['-c', 'chmod -R u+w "$1" && rm -rf "$1" && mv "$1-moved" "$1"', 'sh', root])
    const memory = createMemory()
    const run = (detect: 'mtime' | 'checksum'): Promise<BackedUp> =>
      backUpFiles(source, place, {
        previous,
        home: 'moved',
        volumeBytes: 1e9,
        concurrency: 1,
        detect,
        openSink: memory.openSink,
      })
    const proven = await run('checksum')
    const isSingle = (path: string): boolean => previous.find((entry) => entry.path === path)?.inode === ''
    const readAgain = proven.entries.filter(
      ({ home, type, path }) => home === 'moved' && type === 'f' && isSingle(path),
    )
    expect(readAgain).toEqual([])
    expect((await run('mtime')).entries.filter(({ home }) => home !== 'moved')).toEqual([])
    expect(proven.deleted).toEqual([])
    expect(proven.entries.map(({ path, hash }) => [path, hash])).toEqual(previous.map(({ path, hash }) => [path, hash]))
  })
}

describe('a tree with everything, here', () => cases(async () => localPlace(env, undefined), 'local'))

const sshd = await requirePart('sshd')
sshd.describe('a tree with everything, over ssh', () => {
  let server: Sshd
  beforeAll(async () => {
    server = await startSshd(sshd.path)
  })
  afterAll(() => server.close())

  cases(() => {
    const { host, port, user, key, knownHosts } = server
    const scratch = mkdtempSync(join(folder, 's-'))
    chmodSync(scratch, 0o700)
    return openPlace({ kind: 'ssh', host, port, user }, { sshKey: key, knownHosts, scratch })
  }, 'remote')
})

test('the root of a source is what its entries begin with', () => {
  expect(rawPath('/var/www/')).toBe('var/www')
  expect(rawPath('/')).toBe('')
})
