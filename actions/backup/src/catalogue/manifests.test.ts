import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StoreError } from '../../../../lib/s3/store.ts'
import { type MemoryStore, memoryStore } from '../pipeline/test-support.ts'
import { catalogueKey } from './document.ts'
import type { Manifest, Verdict } from './manifest.ts'
import { readManifest, readManifests, writeManifest } from './manifests.ts'
import { logRun, type RunEntry, readRuns } from './run-log.ts'
import { readVerdicts, writeVerdict } from './verdicts.ts'

const key = catalogueKey('an index key of at least 32 bytes')
const otherKey = catalogueKey('another index key of >= 32 bytes')
const FULL = '20261101T021700Z-aaaaaa'
const SECOND = '20261102T021700Z-bbbbbb'
const THIRD = '20261103T021700Z-cccccc'

const full: Manifest = {
  format: 'ondol-backup',
  version: 1,
  set: 'shop',
  id: FULL,
  type: 'full',
  base: FULL,
  startedAt: '2026-11-01T02:17:00.123Z',
  endedAt: '2026-11-01T02:18:00Z',
  result: 'ok',
  encryption: 'age',
  sources: [{ id: '1-files', kind: 'files', files: 3, bytesRead: 100 }],
  objects: [
    { key: 'data/1-files.1.tar.zst.age', kind: 'tar', source: '1-files', bytes: 90, sha256: 'a'.repeat(64) },
    { key: 'index.zst.enc', kind: 'index', bytes: 10, sha256: 'b'.repeat(64) },
    { key: 'RESTORE.md', kind: 'instructions', bytes: 10, sha256: 'c'.repeat(64) },
  ],
}
const second: Manifest = { ...full, id: SECOND, type: 'incremental', parent: FULL, base: FULL }

function pathOf(id: string): string {
  return `shop/${id}/manifest.json`
}

/** Puts a manifest as a stranger would who has no key. */
function forge(store: MemoryStore, manifest: object, id = FULL): void {
  store.objects.set(pathOf(id), Buffer.from(JSON.stringify(manifest)))
}

async function problemOf(manifest: object): Promise<string> {
  const store = memoryStore()
  forge(store, manifest)
  const found = await readManifest(store, 'shop', FULL, undefined)
  return found.kind === 'damaged' ? found.problem : found.kind
}

describe('manifests', () => {
  test('come back as they were written, with their mac', async () => {
    const store = memoryStore()
    const written = await writeManifest(store, full, key)
    expect(written).toEqual({ ...full, mac: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await readManifest(store, 'shop', FULL, key)).toEqual({ kind: 'good', id: FULL, manifest: written })
    // Without the key it can be read, not proved.
    expect(await readManifest(store, 'shop', FULL, undefined)).toMatchObject({ kind: 'good' })
  })

  test('are canonical JSON on one line: sorted names, no blanks', async () => {
    const store = memoryStore()
    await writeManifest(store, full, undefined)
    expect(store.objects.get(pathOf(FULL))?.toString()).toMatch(/^\{"base":"[^\n]*,"version":1\}\n$/)
  })

  test('are never overwritten, and one that is tried again is no conflict', async () => {
    const store = memoryStore()
    await writeManifest(store, full, key)
    await expect(writeManifest(store, full, key)).resolves.toMatchObject({ id: FULL })
    const others = writeManifest(store, { ...full, result: 'warning' }, key)
    await expect(others).rejects.toMatchObject({ reason: 'unexpected', message: expect.stringContaining(FULL) })
    expect(await readManifest(store, 'shop', FULL, key)).toMatchObject({ manifest: { result: 'ok' } })
  })

  test('a wrong one is not written', async () => {
    const store = memoryStore()
    const wrong = { ...full, objects: full.objects.map((object) => ({ ...object, key: '../x' })) }
    await expect(writeManifest(store, wrong, key)).rejects.toMatchObject({ reason: 'unexpected' })
    expect(store.objects.size).toBe(0)
  })

  test('no change is overlooked by who has the key', async () => {
    const store = memoryStore()
    await writeManifest(store, full, key)
    const bytes = store.objects.get(pathOf(FULL)) ?? Buffer.alloc(0)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ difference, at)
        store.objects.set(pathOf(FULL), changed)
        const found = await readManifest(store, 'shop', FULL, key)
        // A blank for the line's end is the same JSON.
        if (found.kind === 'good') expect(JSON.parse(changed.toString())).toEqual(JSON.parse(bytes.toString()))
        else expect(found.kind).toBe('damaged')
      }),
      { numRuns: 500 },
    )
  })

  test('a removed mac, one of another key and none where there was no key are told apart from good ones', async () => {
    const store = memoryStore()
    await writeManifest(store, full, otherKey)
    expect(await readManifest(store, 'shop', FULL, key)).toMatchObject({
      kind: 'damaged',
      problem: expect.stringContaining('another index key'),
    })
    forge(store, full)
    expect(await readManifest(store, 'shop', FULL, key)).toMatchObject({
      kind: 'damaged',
      problem: expect.stringContaining('without an index key'),
    })
  })

  const [tar, index] = full.objects
  test.each<[string, object, string]>([
    ['a newer version', { ...full, version: 2 }, 'ondol-backup 2, and this release reads version 1 only'],
    ['no version', { ...full, version: 'x' }, 'of an unknown version'],
    ['another format', { ...full, format: 'tarball' }, 'it is no ondol-backup'],
    ['a list', [], 'it is no ondol-backup'],
    ['an unknown field', { ...full, more: 1 }, 'without the field "more"'],
    ['a missing field', { ...full, encryption: undefined }, 'encryption must be there'],
    ['a field of Object', JSON.parse(JSON.stringify(full).replace('{', '{"__proto__":{"mac":"x"},')), '__proto__'],
    ['a hostile set', { ...full, set: '../etc' }, 'set must be'],
    ['an id that is none', { ...full, base: '../..' }, 'base must be'],
    ['a time that is none', { ...full, endedAt: 'yesterday' }, 'endedAt must be'],
    ['an end before its start', { ...full, endedAt: '2026-10-01T00:00:00Z' }, 'ends before it starts'],
    ['a full one with a parent', { ...full, parent: FULL }, 'needs no other'],
    ['a full one with another base', { ...full, base: SECOND }, 'needs no other'],
    ['an incremental one without parent', { ...full, type: 'incremental' }, 'names no parent'],
    ['one that is its own parent', { ...second, id: FULL }, 'younger than its parent'],
    ['a parent before its base', { ...second, id: THIRD, base: SECOND, parent: FULL }, 'younger than its parent'],
    [
      'a differential one upon another',
      { ...second, id: THIRD, type: 'differential', parent: SECOND },
      'the full one only',
    ],
    ['negative bytes', { ...full, objects: [{ ...tar, bytes: -1 }] }, 'objects[0].bytes must be'],
    [
      'bytes beyond what counts exactly',
      { ...full, objects: [{ ...tar, bytes: 2 ** 60 }] },
      'objects[0].bytes must be',
    ],
    ['half a hash', { ...full, objects: [{ ...tar, sha256: 'aa' }] }, 'objects[0].sha256 must be'],
    ['a key twice', { ...full, objects: [tar, tar] }, 'lists a key twice'],
    ['two sources of one id', { ...full, sources: [...full.sources, ...full.sources] }, 'two of its sources'],
    ['an object of no source', { ...full, objects: [{ ...tar, source: '2-mysql' }] }, 'must name one of the sources'],
    ['an index of a source', { ...full, objects: [{ ...index, source: '1-files' }] }, 'belongs to no source'],
    ['an index elsewhere', { ...full, objects: [{ ...index, key: 'data/x.zst.age' }] }, 'the key index.zst.enc'],
    [
      'data that claims to be encrypted',
      { ...full, encryption: 'none', objects: [tar] },
      'a key such as data/1-files.1.tar.zst',
    ],
    ['a run of two lines', { ...full, run: 'https://x\nfake' }, 'run must be one line'],
    ...[
      '../x',
      '/etc/passwd',
      'data/../../x',
      'data/a/b.zst.age',
      'manifest.json',
      '',
      'data/x',
      'index.zst.enc',
      'verdicts/x',
    ].map((objectKey): [string, object, string] => [
      `the key ${objectKey}`,
      { ...full, objects: [{ ...tar, key: objectKey }] },
      'a key such as data/1-files.1.tar.zst.age',
    ]),
  ])('%s is refused, in words', async (_name, manifest, problem) => {
    expect(await problemOf(manifest)).toContain(problem)
  })

  test.each(['', '{', 'null', '{"format":"ondol-backup"', `${'['.repeat(100_000)}`])(
    '%.30j is refused',
    async (text) => {
      const store = memoryStore()
      store.objects.set(pathOf(FULL), Buffer.from(text))
      expect(await readManifest(store, 'shop', FULL, undefined)).toMatchObject({ kind: 'damaged' })
    },
  )

  test('any JSON at all is read without an exception, and what a stranger wrote is never repeated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(...Object.keys(full)), async (value, name) => {
        expect(await problemOf({ ...full, [name]: value })).not.toContain('\n')
      }),
    )
  })
})

describe('the catalogue', () => {
  test('tells good, damaged and incomplete backups apart, oldest first, and passes over everything else', async () => {
    const store = memoryStore()
    await writeManifest(store, second, key)
    await writeManifest(store, full, key)
    forge(store, { ...second, id: THIRD }, THIRD)
    store.objects.set('shop/20261104T021700Z-dddddd/data/1-files.1.tar.zst.age', Buffer.alloc(1))
    store.objects.set('shop/log/2026/11/x.json', Buffer.alloc(1))
    store.objects.set('shop/notes/todo.txt', Buffer.alloc(1))
    store.objects.set('shop-other/20261101T021700Z-eeeeee/manifest.json', Buffer.alloc(1))
    expect(await readManifests(store, 'shop', key)).toEqual({
      backups: [expect.objectContaining({ id: FULL }), expect.objectContaining({ id: SECOND })],
      damaged: [{ id: THIRD, problem: expect.stringContaining('no mac') }],
      isForeign: false,
      incomplete: ['20261104T021700Z-dddddd'],
    })
  })

  test('is foreign when the key proves none of its manifests, for no other reason', async () => {
    const store = memoryStore()
    await writeManifest(store, full, otherKey)
    expect(await readManifests(store, 'shop', key)).toMatchObject({ isForeign: true })
    store.objects.set(pathOf(SECOND), Buffer.from('{'))
    expect(await readManifests(store, 'shop', key)).toMatchObject({ isForeign: false })
    store.objects.delete(pathOf(SECOND))
    await writeManifest(store, second, key)
    expect(await readManifests(store, 'shop', key)).toMatchObject({ isForeign: false })
  })

  test('a manifest that lies in the folder of another backup, or set, is damaged', async () => {
    const store = memoryStore()
    await writeManifest(store, full, key)
    store.objects.set(pathOf(SECOND), store.objects.get(pathOf(FULL)) ?? Buffer.alloc(0))
    store.objects.set(`other/${FULL}/manifest.json`, store.objects.get(pathOf(FULL)) ?? Buffer.alloc(0))
    expect((await readManifests(store, 'shop', key)).damaged).toEqual([
      { id: SECOND, problem: 'it is the manifest of another backup' },
    ])
    expect((await readManifests(store, 'other', key)).damaged.length).toBe(1)
  })

  test("a store's failure is no damage; a manifest beyond all measure is", async () => {
    const store = memoryStore()
    await writeManifest(store, full, key)
    const failure = new StoreError('store-denied', 'No.')
    await expect(readManifests({ ...store, readAll: () => Promise.reject(failure) }, 'shop', key)).rejects.toBe(failure)
    store.objects.set(pathOf(FULL), Buffer.alloc(33 * 2 ** 20))
    expect((await readManifests(store, 'shop', key)).damaged.length).toBe(1)
  })

  test('reads a bounded number at once', async () => {
    const store = memoryStore()
    for (let i = 0; i < 60; i++) forge(store, {}, `20261101T0217${String(i).padStart(2, '0')}Z-aaaaaa`)
    let now = 0
    let most = 0
    const readAll = async (objectKey: string, maxBytes: number) => {
      now++
      most = Math.max(most, now)
      await new Promise((resolve) => setTimeout(resolve, 2))
      now--
      return await store.readAll(objectKey, maxBytes)
    }
    expect((await readManifests({ folders: store.folders, readAll }, 'shop', key)).damaged.length).toBe(60)
    expect([most > 1, most <= 16]).toEqual([true, true])
  })
})

const verdict: Verdict = {
  format: 'ondol-verdict',
  version: 1,
  set: 'shop',
  id: FULL,
  kind: 'verify',
  at: '2026-11-02T03:00:00Z',
  passed: true,
  coverage: 0.5,
  decrypted: false,
  problems: [],
}

describe('verdicts', () => {
  test('lie beside their backup and come back oldest first', async () => {
    const store = memoryStore()
    const later: Verdict = {
      ...verdict,
      at: '2026-11-03T03:00:00Z',
      kind: 'rehearse',
      decrypted: true,
      rtoSeconds: 4.2,
    }
    await writeVerdict(store, later, key)
    await writeVerdict(store, verdict, key)
    expect([...store.objects.keys()].sort()).toEqual([
      `shop/${FULL}/verdicts/20261102T030000Z-verify.json`,
      `shop/${FULL}/verdicts/20261103T030000Z-rehearse.json`,
    ])
    const { verdicts, damaged } = await readVerdicts(store, 'shop', FULL, key)
    expect([verdicts.map(({ kind }) => kind), damaged]).toEqual([['verify', 'rehearse'], []])
  })

  test('one that was forged, damaged or moved from another backup proves nothing', async () => {
    const store = memoryStore()
    await writeVerdict(store, { ...verdict, id: SECOND }, key)
    const [moved = Buffer.alloc(0)] = [...store.objects.values()]
    const folder = `shop/${FULL}/verdicts/`
    store.objects.set(`${folder}1.json`, moved)
    store.objects.set(`${folder}2.json`, Buffer.from(JSON.stringify(verdict)))
    store.objects.set(`${folder}3.json`, Buffer.from('{'))
    expect(await readVerdicts(store, 'shop', FULL, key)).toEqual({
      verdicts: [],
      damaged: [`${folder}1.json`, `${folder}2.json`, `${folder}3.json`],
    })
  })

  test('problems are cut to what can be read again', async () => {
    const store = memoryStore()
    const problems = Array.from({ length: 1000 }, () => `two\nlines ${'x'.repeat(1000)}`)
    await writeVerdict(store, { ...verdict, passed: false, problems }, key)
    const { verdicts } = await readVerdicts(store, 'shop', FULL, key)
    expect([verdicts[0]?.problems.length, verdicts[0]?.problems[0]?.slice(0, 10)]).toEqual([100, 'two lines '])
  })
})

describe('the log', () => {
  const entry = (at: string): RunEntry => ({
    format: 'ondol-run',
    version: 1,
    set: 'shop',
    at,
    mode: 'backup',
    result: 'failed',
    reason: 'source-failed',
    seconds: 1.5,
  })
  const months = ['2025-11', '2025-12', '2026-01', '2026-10', '2026-11']
  const days = months.flatMap((month) => ['01', '15', '28'].map((day) => `${month}-${day}T02:17:00Z`))

  test('gives the last runs over months and years, and lists no older month than it needs', async () => {
    const store = memoryStore()
    for (const at of [...days].reverse()) await logRun(store, entry(at), key)
    expect([...store.objects.keys()][0]).toMatch(/^shop\/log\/2026\/11\/20261128T021700Z-[0-9a-f]{6}\.json$/)
    const listed: string[] = []
    const list = (prefix: string) => {
      listed.push(prefix)
      return store.list(prefix)
    }
    const { runs, damaged } = await readRuns({ ...store, list }, 'shop', 7, key)
    expect([runs.map(({ at }) => at), damaged]).toEqual([days.slice(-7), 0])
    expect(listed).toEqual(['shop/log/2026/11/', 'shop/log/2026/10/', 'shop/log/2026/01/'])
  })

  test('joined it is JSON lines', async () => {
    const store = memoryStore()
    for (const at of days) await logRun(store, entry(at), undefined)
    const lines = Buffer.concat([...store.objects.values()])
      .toString()
      .split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => (JSON.parse(line) as RunEntry).at)).toEqual(days)
  })

  test('may be empty, shorter than asked for, and partly damaged', async () => {
    const store = memoryStore()
    expect(await readRuns(store, 'shop', 10, key)).toEqual({ runs: [], damaged: 0 })
    await logRun(store, entry('2026-11-01T00:00:00Z'), key)
    await logRun(store, entry('2026-11-02T00:00:00Z'), otherKey)
    const { runs, damaged } = await readRuns(store, 'shop', 10, key)
    expect([runs.length, damaged]).toEqual([1, 1])
    expect(await readRuns(store, 'shop', 0, key)).toEqual({ runs: [], damaged: 0 })
  })
})
