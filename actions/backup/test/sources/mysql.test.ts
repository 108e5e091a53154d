import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Mariadb, mariadb, startMariadb } from '../../../../lab/databases/mariadb.ts'
import { contentOf, fillMariadb, mariadbDatabases } from '../../../../lab/databases/mariadb-sample.ts'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { localPlace } from '../../src/places/local.ts'
import { mysqlConnectionOf } from '../../src/sources/mysql/connection.ts'
import { prepareMysql } from '../../src/sources/mysql/prepare.ts'
import {
  type MysqlTarget,
  queryMysqlScalar,
  restoreMysql,
  restoreMysqlDatabase,
} from '../../src/sources/mysql/restore.ts'
import type { RestoreStream } from '../../src/sources/restore.ts'
import type { MysqlSource } from '../../src/sources/source.ts'
import type { StreamPlan } from '../../src/sources/stream.ts'

const server = await requirePart('mariadb')
const copier = await requirePart('mariadb-backup')
const place = localPlace({ PATH: '/usr/bin:/bin' }, undefined)

function prepare(url: string, changes: Partial<MysqlSource> = {}): Promise<StreamPlan> {
  const keys = { host: undefined, port: undefined, user: undefined, userEnv: undefined, passwordEnv: undefined }
  const source: MysqlSource = {
    id: '1-mysql',
    kind: 'mysql',
    on: { kind: 'local' },
    server: { urlEnv: 'DATABASE_URL', ...keys },
    databases: 'all',
    method: 'dump',
    ...changes,
  }
  return prepareMysql(source, place, { DATABASE_URL: url })
}

type Kept = RestoreStream & { bytes: Buffer }

/** The streams of a plan as a backup gives them back. */
async function backUp({ streams }: StreamPlan): Promise<Kept[]> {
  const kept: Kept[] = []
  for (const { name, role, start } of streams) {
    const started = start()
    const bytes = await buffer(started.stdout)
    await started.ended
    kept.push({ name, role, bytes, open: async () => Readable.from([bytes], { objectMode: false }) })
  }
  return kept
}

function targetOf({ url }: Mariadb, database = ''): MysqlTarget {
  return { place, connection: mysqlConnectionOf('The target', `${url}/${encodeURIComponent(database)}`) }
}

function named(streams: readonly Kept[], name: string): Kept {
  const found = streams.find((stream) => stream.name === name)
  if (found === undefined) throw new Error(`there is no stream ${name}`)
  return found
}

server.describe('a MariaDB server', () => {
  let source: Mariadb
  let target: Mariadb
  let plan: StreamPlan
  let streams: Kept[]
  beforeAll(async () => {
    ;[source, target] = await Promise.all([startMariadb(), startMariadb()])
    await fillMariadb(source)
    plan = await prepare(source.url)
    streams = await backUp(plan)
  })
  afterAll(() => Promise.all([source?.close(), target?.close()]))

  test('comes back in a new server as it was: users, rights, databases, everything in them', async () => {
    expect(streams.map(({ role, name }) => `${role} ${name}`)).toEqual([
      'globals users',
      'globals databases',
      ...[...mariadbDatabases].sort().map((name) => `database ${name}`),
      'globals rights',
    ])
    expect(plan.warnings).toEqual([expect.stringContaining('shop.old_style (MyISAM)')])
    await restoreMysql(targetOf(target), streams)
    const [before, after] = await Promise.all([contentOf(source), contentOf(target)])
    expect(after).toEqual(before)
    expect(before.users.join('\n')).toContain('readers')

    await expect(restoreMysql(targetOf(target), streams)).rejects.toMatchObject({ reason: 'not-empty' })
  })

  test('its dumps begin with no command that other clients stop at', () => {
    for (const { bytes } of streams) expect(bytes.subarray(0, 400).toString()).not.toContain('sandbox')
    expect(named(streams, 'shop').bytes.subarray(0, 60).toString()).toMatch(/^-- Database "shop"\n-- MariaDB dump/)
  })

  test('a dump is rehearsed in an empty database of another server', async () => {
    await mariadb(target.url, 'CREATE DATABASE `scratch "n"`; CREATE DATABASE full; CREATE TABLE full.t (i INT)')
    const shop = named(streams, 'shop')
    await mariadb(target.url, 'DROP DATABASE IF EXISTS shop')
    await restoreMysqlDatabase(targetOf(target, 'scratch "n"'), shop.open, { name: 'shop' })
    expect(await queryMysqlScalar(targetOf(target, 'scratch "n"'), 'SELECT COUNT(*) FROM customers')).toBe('800')
    await expect(queryMysqlScalar(targetOf(target, 'scratch "n"'), 'SELECT id FROM orders')).rejects.toMatchObject({
      reason: 'assertion-failed',
    })
    await expect(queryMysqlScalar(targetOf(target, 'scratch "n"'), 'DELETE FROM orders')).rejects.toThrow('READ ONLY')
    await expect(restoreMysqlDatabase(targetOf(target, 'full'), shop.open)).rejects.toMatchObject({
      reason: 'not-empty',
      message: expect.stringContaining('the table t'),
    })
    await mariadb(source.url, 'CREATE DATABASE scratch')
    await expect(restoreMysqlDatabase(targetOf(source, 'scratch'), shop.open, { name: 'shop' })).rejects.toMatchObject({
      reason: 'invalid-input',
    })
    await mariadb(source.url, 'DROP DATABASE scratch')
  })

  test('a dump that broke off is told from a whole one', async () => {
    await mariadb(target.url, 'CREATE DATABASE half')
    const { bytes } = named(streams, 'shop')
    const half = bytes.subarray(0, bytes.lastIndexOf('-- Dump completed'))
    await expect(
      restoreMysqlDatabase(targetOf(target, 'half'), async () => Readable.from([half])),
    ).rejects.toMatchObject({ reason: 'corrupt' })
  })

  test('a table that may not be read, a wrong password and an absent database are failures in plain words', async () => {
    await mariadb(
      source.url,
      "CREATE USER limited@'%' IDENTIFIED BY 'limited-secret'; GRANT SELECT (id) ON shop.orders TO limited@'%'; GRANT SHOW VIEW, EVENT ON shop.* TO limited@'%'",
    )
    const url = source.url.replace(/owner:[^@]+/, 'limited:limited-secret')
    const limited = await prepare(url)
    expect(limited.warnings.join()).toContain('the backup has neither them nor their rights')
    const started = named(
      await Promise.all(
        limited.streams.map(async (one) => ({ ...one, bytes: Buffer.alloc(0), open: async () => one.start().stdout })),
      ),
      'shop',
    )
    await expect(buffer(await started.open())).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(/1-mysql.*the database "shop": .*denied/),
    })
    await mariadb(source.url, "DROP USER limited@'%'")
    const wrong = prepare(source.url.replace(/owner:[^@]+/, 'owner:wrong-secret'))
    await expect(wrong).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('Access denied'),
    })
    await expect(wrong).rejects.not.toThrow('wrong-secret')
    await expect(prepare(source.url, { databases: ['shop', 'shoop'] })).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('no database shoop'),
    })
  })

  test('a connection that is cut in the middle of a dump is a failure', async () => {
    const [shop] = plan.streams.filter(({ name }) => name === 'shop')
    const started = shop?.start()
    const reader = (started?.stdout ?? Readable.from([])) as Readable
    const read = (async () => {
      for await (const chunk of reader) {
        void chunk
        // The dump has more to ask: its connections are those that aren't asking now.
        const ids = await mariadb(
          source.url,
          "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'owner' AND ID <> CONNECTION_ID()",
        )
        for (const id of ids.trim().split('\n').filter(Boolean))
          await mariadb(source.url, `KILL ${id}`).catch(() => undefined)
      }
    })()
    await expect(read).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(
        /^The source 1-mysql .*the database "shop": .*(gone away|Lost connection|killed|code 2)/,
      ),
    })
    await expect(started?.ended).rejects.toMatchObject({ reason: 'source-failed' })
  })

  test('a server without TLS is refused where TLS is asked for', async () => {
    await expect(prepare(`${source.url}/?ssl-mode=REQUIRED`)).rejects.toMatchObject({ reason: 'source-failed' })
    await expect(prepare(`${source.url}/?ssl-mode=VERIFY_CA`)).rejects.toMatchObject({ reason: 'source-failed' })
    expect((await prepare(`${source.url}/?ssl-mode=disabled`)).streams.length).toBe(streams.length)
  })

  copier.describe('its files', () => {
    test('are one stream', async () => {
      const files = await prepare(source.url, { method: 'mariabackup' })
      const [base] = await backUp(files)
      expect(base).toMatchObject({ name: 'base', role: 'basebackup' })
      // The magic number that mbstream's chunks begin with.
      expect(base?.bytes.subarray(0, 8).toString()).toBe('XBSTCK01')
      expect(base?.bytes.includes('ibdata1')).toBe(true)
    })
  })
})
