import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Postgres, startPostgres } from '../../../../lab/databases/postgres.ts'
import { fillPostgres, psql } from '../../../../lab/databases/postgres-sample.ts'
import { execute } from '../../../../lab/provision/execute.ts'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import type { Place } from '../../src/places/place.ts'
import { queryPostgresScalar, restorePostgresDatabase } from '../../src/sources/postgres/restore.ts'
import type { StreamPlan } from '../../src/sources/stream.ts'
import { backUp, emptyDatabase, placeOf, prepare, SYSTEM_PATH, targetOf } from './servers.ts'

const debian = await requirePart('postgres')
const own = { '17': await requirePart('postgres-17'), '18': await requirePart('postgres-18') }

debian.describe('faults of a server', () => {
  let server: Postgres
  let folder: string
  beforeAll(async () => {
    server = await startPostgres()
    folder = mkdtempSync(join(tmpdir(), 'ondol-postgres-test-'))
    await fillPostgres(server)
  })
  afterAll(async () => {
    await server?.close()
    rmSync(folder, { recursive: true })
  })

  /** One stream of a plan, read to its end. */
  async function read(plan: StreamPlan, name: string): Promise<Buffer> {
    const found = plan.streams.find((stream) => stream.name === name)
    if (found === undefined) throw new Error(`no stream ${name}`)
    const started = found.start()
    const bytes = await buffer(started.stdout)
    await started.ended
    return bytes
  }

  /** A pg_dump that is taken before the real one, and writes what it likes. */
  function placeWithDump(body: string): Place {
    const file = join(folder, 'pg_dump')
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exec echo 'pg_dump (PostgreSQL) 15.9999'\n${body}\n`, {
      mode: 0o755,
    })
    return placeOf(server, `${folder}:${server.programs}:${SYSTEM_PATH}`)
  }

  test('a table that may not be read is named', async () => {
    await psql(server, 'postgres', "--command=CREATE ROLE limited LOGIN PASSWORD 'limited-secret'")
    const url = server.url.replace(/owner:[^@]+/, 'limited:limited-secret')
    const plan = await prepare(server, { databases: ['shop'], globals: false }, placeOf(server), url)
    await expect(read(plan, 'shop')).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(
        /^The source 1-postgres \(local\) failed: pg_dump of the database "shop": pg_dump: error: .*permission denied/,
      ),
      remedy: expect.stringContaining('superuser'),
    })
    // Roles come without passwords from somebody who may not see them.
    const roles = await prepare(server, { databases: ['shop'] }, placeOf(server), url)
    expect(roles.warnings).toEqual([expect.stringContaining('without them')])
    const script = (await read(roles, 'roles')).toString()
    expect(script).toContain('CREATE ROLE app;')
    expect(script).not.toContain('SCRAM-SHA-256$')
  })

  test('a wrong password is a failure that does not show it', async () => {
    const refused = prepare(server, {}, placeOf(server), server.url.replace(/owner:[^@]+/, 'owner:wrong-secret'))
    await expect(refused).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('password authentication failed'),
    })
    await expect(refused).rejects.not.toThrow('wrong-secret')
  })

  test('a database that is not there is named', async () => {
    await expect(prepare(server, { databases: ['shop', 'shoop'] })).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('no database shoop'),
    })
  })

  test('a connection that is cut in the middle of a dump is a failure', async () => {
    const plan = await prepare(server, { databases: ['shop'] })
    const started = plan.streams.find(({ name }) => name === 'shop')?.start()
    const reading = (async () => {
      let isCut = false
      for await (const _ of started?.stdout ?? []) {
        if (isCut) continue
        isCut = true
        await psql(
          server,
          'postgres',
          "--command=SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'",
        )
      }
    })()
    await expect(reading).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(/1-postgres.*(closed the connection|terminating connection)/),
    })
    await expect(started?.ended).rejects.toMatchObject({ reason: 'source-failed' })
  })

  test('a dump without its end is no dump, although the program says that all is well', async () => {
    const cut = await prepare(
      server,
      {},
      placeWithDump(`echo '-- PostgreSQL database dump'; echo 'CREATE TABLE t ();'`),
    )
    await expect(read(cut, 'shop')).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('without the mark'),
    })
  })

  test('a dump of no byte is an empty source', async () => {
    const empty = await prepare(server, {}, placeWithDump('exit 0'))
    await expect(read(empty, 'shop')).rejects.toMatchObject({ reason: 'source-empty' })
  })

  test('a reader that leaves early ends the program', async () => {
    const plan = await prepare(server, {}, placeWithDump(`echo $$ > ${folder}/pid; while :; do echo '-- more'; done`))
    const started = plan.streams.find(({ name }) => name === 'shop')?.start()
    for await (const _ of started?.stdout ?? []) break
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    const isGone = async (): Promise<boolean> => {
      for (let attempt = 0; attempt < 100; attempt++) {
        if (!existsSync(`/proc/${pid}`)) return true
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return false
    }
    expect(await isGone()).toBe(true)
  })

  test('no argument of a program has the password', async () => {
    const place = placeOf(server)
    const seen: string[] = []
    const watched: Place = {
      ...place,
      start: (command) => {
        seen.push(...command.argv)
        return place.start(command)
      },
      run: (command) => {
        seen.push(...command.argv)
        return place.run(command)
      },
    }
    await backUp(await prepare(server, {}, watched))
    expect(seen.length).toBeGreaterThan(20)
    expect(seen.join(' ')).not.toContain(new URL(server.url).password)
  })

  test('a dump comes back only whole, into an empty database that is not the original', async () => {
    const plan = await prepare(server, { databases: ['shop'] })
    const bytes = await read(plan, 'shop')
    const half = bytes.subarray(0, bytes.lastIndexOf('-- PostgreSQL database dump complete'))
    const scratch = await emptyDatabase(server, 'scratch')
    await expect(restorePostgresDatabase(scratch, async () => Readable.from([half]))).rejects.toMatchObject({
      reason: 'corrupt',
    })
    await expect(restorePostgresDatabase(scratch, async () => Readable.from([bytes]))).rejects.toMatchObject({
      reason: 'not-empty',
    })
    const original = { name: 'shop', facts: plan.facts }
    const same = restorePostgresDatabase(targetOf(server, 'shop'), async () => Readable.from([bytes]), original)
    await expect(same).rejects.toMatchObject({ reason: 'invalid-input', message: expect.stringContaining('"shop"') })
    async function* breaks(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 20_000)
      throw new Error('the store broke')
    }
    const another = await emptyDatabase(server, 'scratch 2')
    const breaking = restorePostgresDatabase(another, async () => Readable.from(breaks()))
    await expect(breaking).rejects.toThrow('the store broke')
  })

  test('a query gives one value, and changes nothing', async () => {
    const shop = targetOf(server, 'shop')
    expect(await queryPostgresScalar(shop, `SELECT E'a\nb' -- one`)).toBe('a\nb')
    await expect(queryPostgresScalar(shop, 'SELECT 1 UNION SELECT 2')).rejects.toMatchObject({
      reason: 'assertion-failed',
    })
    await expect(queryPostgresScalar(shop, 'SELECT 1 WHERE false')).rejects.toMatchObject({
      reason: 'assertion-failed',
    })
    await expect(queryPostgresScalar(shop, 'DELETE FROM shop.orders')).rejects.toThrow('read-only')
  })

  test('its files are one tar whose checksums hold', async () => {
    const plan = await prepare(server, { method: 'basebackup' })
    expect(plan.streams.map(({ role, extension }) => [role, extension])).toEqual([['basebackup', 'tar']])
    const data = join(folder, 'data')
    mkdirSync(data)
    writeFileSync(join(folder, 'base.tar'), await read(plan, 'base'))
    await execute('tar', ['--extract', `--file=${join(folder, 'base.tar')}`, `--directory=${data}`])
    expect(await execute(join(server.programs, 'pg_verifybackup'), [data])).toContain('backup successfully verified')

    await psql(
      server,
      'postgres',
      '--command=SET allow_in_place_tablespaces = on',
      "--command=CREATE TABLESPACE fast LOCATION ''",
    )
    await expect(prepare(server, { method: 'basebackup' })).rejects.toMatchObject({
      message: expect.stringContaining('tablespaces'),
    })
  })

  own['17'].describe('with the programs of another version', () => {
    test('an older pg_dump is refused with what is there and what is needed', async () => {
      const newer = await startPostgres(undefined, '17')
      try {
        await expect(prepare(newer, {}, placeOf(newer, SYSTEM_PATH))).rejects.toMatchObject({
          reason: 'client-version',
          message: expect.stringMatching(
            /PostgreSQL 17\.10, which needs pg_dump 17 or newer; at local there is 15\.\d+ \(\/usr/,
          ),
          remedy: expect.stringContaining('postgresql-client-17'),
        })
      } finally {
        await newer.close()
      }
    })

    test("a newer one's dump comes back in the older server", async () => {
      const { hostname, port, password } = new URL(server.url)
      const env = { PGHOST: hostname, PGPORT: port, PGUSER: 'owner', PGPASSWORD: password, PGDATABASE: 'shop' }
      const dump = await execute(join(own['17'].path, '../pg_dump'), [], { env })
      expect(dump).toContain('SET transaction_timeout')
      const scratch = await emptyDatabase(server, 'older')
      await restorePostgresDatabase(scratch, async () => Readable.from([Buffer.from(dump)]))
      expect(await queryPostgresScalar(scratch, 'SELECT count(*) FROM shop.customers')).toBe('500')
    })
  })
})
