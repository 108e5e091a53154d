import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Mariadb, startMariadb } from '../../../lab/databases/mariadb.ts'
import { fillMariadb, contentOf as mariadbContent } from '../../../lab/databases/mariadb-sample.ts'
import { type Postgres, startPostgres } from '../../../lab/databases/postgres.ts'
import { type PostgresContent, contentOf as postgresContent } from '../../../lab/databases/postgres-content.ts'
import { fillPostgres, psql } from '../../../lab/databases/postgres-sample.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, type Scene } from './support/scene.ts'

const mariadbd = await requirePart('mariadb')

mariadbd.describe('databases', () => {
  let scene: Scene
  let postgres: Postgres
  let mariadb: Mariadb
  const sources = `
- postgres: { url-env: SHOP_URL }
- mysql: { url-env: MARIA_URL }
- command: { name: inventory, run: [sh, -c, 'echo "$INVENTORY"'], min-bytes: 5 }
`
  const env = () => ({ SHOP_URL: postgres.url, MARIA_URL: mariadb.url, INVENTORY: 'a list of things' })

  beforeAll(async () => {
    ;[scene, postgres, mariadb] = await Promise.all([openScene(), startPostgres(), startMariadb()])
    await Promise.all([fillPostgres(postgres), fillMariadb(mariadb)])
  }, 120_000)
  afterAll(async () => {
    await Promise.all([scene.close(), postgres.close(), mariadb.close()])
  })

  test('are backed up, and come back into fresh servers equal in every row', async () => {
    const step = await scene.backup(sources, { env: env() })
    expect(step.conclusion === 'success' ? [] : step.log).toEqual([])
    const told = [...step.log, step.summary, JSON.stringify(step.outputs)].join('\n')
    for (const secret of [postgres.url, mariadb.url, new URL(postgres.url).password, new URL(mariadb.url).password])
      expect(told).not.toContain(secret)
    const [freshPostgres, freshMariadb] = await Promise.all([startPostgres(), startMariadb()])
    try {
      for (const url of [freshPostgres.url, freshMariadb.url]) {
        const restored = await scene.mode('restore', { 'restore-databases-to': 'TARGET' }, { env: { TARGET: url } })
        expect(restored.conclusion === 'success' ? [] : restored.log).toEqual([])
      }
      expect(withoutOwner(await postgresContent(freshPostgres))).toEqual(withoutOwner(await postgresContent(postgres)))
      expect(await mariadbContent(freshMariadb)).toEqual(await mariadbContent(mariadb))
    } finally {
      await Promise.all([freshPostgres.close(), freshMariadb.close()])
    }
  }, 180_000)

  test('are restored as files that only their owner may read', async () => {
    const target = join(scene.folder, 'restored')
    const restored = await scene.mode('restore', { 'restore-to': target })
    expect(restored.conclusion === 'success' ? [] : restored.log).toEqual([])
    const dumps = execFileSync('find', [join(target, 'databases'), '-type', 'f'], { encoding: 'utf8' })
      .trim()
      .split('\n')
    for (const dump of dumps) expect(statSync(dump).mode & 0o777).toBe(0o600)
    const [inventory = ''] = readdirSync(join(target, 'databases', '3-command'))
    expect(readFileSync(join(target, 'databases', '3-command', inventory), 'utf8')).toBe('a list of things\n')
  }, 60_000)

  test('are rehearsed: proved by assertions, timed, and refused where the source is', async () => {
    await psql(postgres, 'postgres', '--command=CREATE DATABASE scratch')
    const scratch = postgres.url.replace(/\/postgres$/, '/scratch')
    const wrong = await scene.mode('rehearse', {
      rehearsal: `{ to: '${scratch}', database: shop, assert: [{ sql: 'select count(*) from pg_class', max: 3 }] }`,
    })
    expect(wrong).toMatchObject({ conclusion: 'failure', reason: 'assertion-failed' })
    const again = await scene.mode('rehearse', { rehearsal: `{ to: '${scratch}', database: shop }` })
    expect(again).toMatchObject({ reason: 'not-empty' })
    const same = await scene.mode('rehearse', {
      rehearsal: `{ to: '${postgres.url.replace(/\/postgres$/, '/shop')}', database: shop }`,
    })
    expect(same).toMatchObject({ reason: 'invalid-input' })
    await psql(postgres, 'postgres', '--command=DROP DATABASE scratch')
    await psql(postgres, 'postgres', '--command=CREATE DATABASE scratch')
    const right = await scene.mode('rehearse', {
      rehearsal: `
to: '${scratch}'
database: shop
assert: [{ sql: 'select count(*) from pg_class', min: 100 }, { command: ['true'] }]
max-rto: 5m
max-rpo: 1h
`,
    })
    expect(right.conclusion === 'success' ? [] : right.log).toEqual([])
    expect(Number(right.outputs['rto-seconds'])).toBeLessThan(300)
    expect(right.summary).toContain('2 assertions hold')
  }, 120_000)

  test('a failing dump fails the run, and is no backup', async () => {
    const before = (await scene.mode('list')).outputs['backup-id']
    const step = await scene.backup('- command: { name: x, run: [sh, -c, "echo begun; exit 3"] }')
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'source-failed', outputs: { result: 'failed' } })
    const empty = await scene.backup('- command: { name: x, run: ["true"] }')
    expect(empty).toMatchObject({ conclusion: 'failure', reason: 'source-empty' })
    expect((await scene.mode('list')).outputs['backup-id']).toBe(before)
    writeFileSync(join(scene.folder, 'told'), step.summary)
  }, 60_000)
})

/** The role that restores keeps its own password. */
function withoutOwner({ roles, databases }: PostgresContent): PostgresContent {
  const { owner: _, ...others } = roles
  return { roles: others, databases }
}
