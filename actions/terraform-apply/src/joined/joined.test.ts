import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { joinedBodies } from './body.ts'
import { collector } from './collect.ts'
import { readIndex, writeIndex } from './index-field.ts'
import { openRow, type Row, rootKey, sealRow } from './row.ts'
import { fileRows, type RowPlace } from './row-store.ts'

const root = (name: string) => ({ name, directory: name, workspace: 'default' })

const rowOf = (name: string, more: Partial<Row> = {}): Row => ({
  version: 1,
  root: root(name),
  run: 7,
  status: 'planned',
  tool: 'Terraform 1.11.4',
  plan: '1 add',
  state: '📝 planned',
  idle: false,
  fingerprint: 'f'.repeat(64),
  reviewed: `7 ${'f'.repeat(64)}`,
  kept: '0123456789ab.1._AbC-_1.',
  message: [{ kind: 'paragraph', markdown: `message of ${name}` }],
  pieces: [{ block: { kind: 'fold', summary: `change of ${name}`, blocks: [] }, changes: 1 }],
  changes: 1,
  fullReport: 'the summary of run 7',
  ...more,
})

const place: RowPlace = { repositoryId: 1, pullRequest: 2, headSha: 'a'.repeat(40), group: 'infra' }
const binding = { ...place, root: rootKey(root('net')), runId: 7 }
const key = randomBytes(32)

describe('a row', () => {
  test('opens as what was sealed, with a key and without', () => {
    for (const one of [key, undefined]) {
      expect(openRow(one, sealRow(one, rowOf('net'), binding), binding)).toEqual(rowOf('net'))
    }
  })

  test('is none under another key or binding, or with a bit flipped', () => {
    const sealed = sealRow(key, rowOf('net'), binding)
    expect(openRow(randomBytes(32), sealed, binding)).toBeUndefined()
    for (const other of [
      { repositoryId: 9 },
      { pullRequest: 9 },
      { headSha: 'b' },
      { group: 'x' },
      { root: 'x' },
      { runId: 9 },
    ]) {
      expect(openRow(key, sealed, { ...binding, ...other })).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const altered = Buffer.from(sealed)
        altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(openRow(key, altered, binding)).toBeUndefined()
      }),
    )
  })

  test('is none in another shape, whatever the JSON says', () => {
    const open = (value: unknown) => openRow(undefined, Buffer.from(JSON.stringify(value) ?? ''), binding)
    for (const field of Object.keys(rowOf('net'))) {
      const { [field as keyof Row]: _, ...rest } = rowOf('net')
      expect([field, open(rest)]).toEqual([field, undefined])
      expect([field, open({ ...rowOf('net'), [field]: { not: 'it' } })]).toEqual([field, undefined])
    }
    expect(open(rowOf('net', { run: 8 }))).toBeUndefined()
    expect(open(rowOf('other'))).toBeUndefined()
    const table = { kind: 'table' as const, header: ['a'], rows: [['a', 'b']] }
    expect(open(rowOf('net', { message: [table] }))).toBeUndefined()
    const nested = `${'{"kind":"fold","summary":"","blocks":['.repeat(20_000)}${']}'.repeat(20_000)}`
    const text = JSON.stringify(rowOf('net', { message: [] })).replace('"message":[]', `"message":[${nested}]`)
    expect(openRow(undefined, Buffer.from(text), binding)).toBeUndefined()
    fc.assert(fc.property(fc.json(), (text) => expect(openRow(undefined, Buffer.from(text), binding)).toBeUndefined()))
  })
})

describe('the index in the marker', () => {
  const indexed = fc.record({
    key: fc.stringMatching(/^[0-9a-f]{12}$/),
    run: fc.nat(),
    status: fc.constantFrom('planned', 'applied', 'nothing-left', 'failed'),
    reviewed: fc.oneof(fc.constant(''), fc.constant(`7 ${'f'.repeat(64)}`)),
    kept: fc.constantFrom('', '0123456789ab.0..', 'abcdef012345.50._Ab-_09.push-1-0-2-3'),
    name: fc.stringMatching(/^[\w.][\w./-]{0,99}$/),
  })

  test('reads as it was written', () => {
    fc.assert(
      fc.property(fc.array(indexed, { maxLength: 60 }), (rows) =>
        expect(readIndex(writeIndex(rows).field)).toEqual(rows),
      ),
    )
  })

  test('leaves room for the comment, and no line of it is half', () => {
    const rows = Array.from({ length: 1000 }, (_, run) => ({
      key: 'a'.repeat(12),
      run,
      status: 'planned',
      reviewed: '',
      kept: '',
      name: 'x'.repeat(100),
    }))
    const { field, complete } = writeIndex(rows)
    expect(complete).toBe(false)
    expect(field.length).toBeLessThanOrEqual(24_000)
    expect(readIndex(field)).toEqual(rows.slice(0, field.split('\n').length - 1))
  })

  test('of other text is empty', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(readIndex(text)).toEqual([])))
    expect(readIndex(undefined)).toEqual([])
  })
})

describe('the joined comment', () => {
  const joined = (rows: Row[]) => ({
    group: 'infra',
    runsUrl: 'https://github.com/acme/service/actions/runs',
    headSha: place.headSha,
    rows,
    gone: [],
  })
  const limits = { bytes: 64_000, parts: 5 }

  test('says the same whatever the order of the rows, each root once', () => {
    const names = ['net', 'db', 'app-2', 'app-10', 'web']
    const rows = names.map((name) => rowOf(name, name === 'web' ? { idle: true } : {}))
    const [expected = ''] = joinedBodies(joined(rows), limits).bodies
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) =>
        expect(joinedBodies(joined(shuffled), limits).bodies).toEqual([expected]),
      ),
    )
    expect(
      [...expected.matchAll(/^\| ([\w-]+) \| 1 add/gm)].map(([, name]) => name?.replace(/&#45;/g, '-')),
    ).toHaveLength(5)
    expect([...expected.matchAll(/^### /gm)]).toHaveLength(4)
    expect(expected).toContain('change of app-10')
  })

  test('keeps within its limits for any sizes, and every root has its row', () => {
    const sizes = fc.array(fc.tuple(fc.nat(40), fc.nat(3_000)), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5 }), (counts, parts) => {
        const rows = counts.map(([count, size], index) =>
          rowOf(`root${index}`, {
            pieces: Array.from({ length: count }, (_, piece) => ({
              block: {
                kind: 'fold',
                summary: `change ${piece}`,
                blocks: [{ kind: 'fence', language: 'diff', lines: ['x'.repeat(size)] }],
              },
              changes: 1,
            })),
            changes: count,
          }),
        )
        const { bodies } = joinedBodies(joined(rows), { bytes: 20_000, parts })
        expect(bodies.length).toBeLessThanOrEqual(parts)
        for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20_000)
        for (const index of rows.keys()) expect(bodies[0]).toContain(`| root${index} |`)
      }),
      { numRuns: 60 },
    )
  })

  test('of more roots than there is room for, it says how many are missing', () => {
    const rows = Array.from({ length: 600 }, (_, index) => rowOf(`root${index}`))
    const { bodies } = joinedBodies(joined(rows), { bytes: 30_000, parts: 1 })
    const listed = [...(bodies[0] ?? '').matchAll(/^\| root\d+ \|/gm)].length
    expect(listed).toBeGreaterThan(50)
    expect(bodies[0]).toContain(`**${600 - listed} more roots have no room here;**`)
  })

  test('a row that has gone is named', () => {
    const [body = ''] = joinedBodies({ ...joined([rowOf('net')]), gone: [{ name: 'old', run: 3 }] }, limits).bodies
    expect(body).toContain('| old |  | no longer kept |  | 3 |')
  })
})

describe('the index', () => {
  test('never goes back to an older row, whatever the store has left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ondol-rows-'))
    try {
      const bound = { ...place, root: rootKey(root('net')), runId: 7 }
      const store = fileRows(folder, { runId: 7, runAttempt: 1 })
      await store.put(place, bound.root, sealRow(key, rowOf('net'), bound))
      const own = { key: rootKey(root('db')), row: rowOf('db', { run: 9 }) }
      const { rows, gone } = await collector(store, place, key, own)([{ key: bound.root, run: 8 }])
      expect({ rows, gone }).toEqual({ rows: [own], gone: [bound.root] })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('rows in a folder', () => {
  test("the newest of each root counts, and this leg's own even when it could not be stored", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ondol-rows-'))
    const put = async (name: string, runId: number, more: Partial<Row> = {}) => {
      const row = rowOf(name, { run: runId, ...more })
      const bound = { ...place, root: rootKey(root(name)), runId }
      await fileRows(folder, { runId, runAttempt: 1 }).put(place, rootKey(root(name)), sealRow(key, row, bound))
    }
    try {
      await put('net', 7)
      await put('net', 10, { plan: '2 add' })
      await put('db', 9)
      const own = { key: rootKey(root('app')), row: rowOf('app') }
      const gone = 'c'.repeat(12)
      const collected = await collector(
        fileRows(folder, { runId: 7, runAttempt: 1 }),
        place,
        key,
        own,
      )([
        { key: gone, run: 1 },
        { key: rootKey(root('db')), run: 9 },
      ])
      expect(collected.gone).toEqual([gone])
      expect(new Map(collected.rows.map(({ row }) => [row.root.name, `${row.run} ${row.plan}`]))).toEqual(
        new Map([
          ['app', '7 1 add'],
          ['net', '10 2 add'],
          ['db', '9 1 add'],
        ]),
      )
      const other = await collector(
        fileRows(folder, { runId: 7, runAttempt: 1 }),
        { ...place, group: 'x' },
        key,
        own,
      )([])
      expect(other.rows).toEqual([own])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
