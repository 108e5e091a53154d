import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startMariadb } from '../../../lab/databases/mariadb.ts'
import { fillMariadb, contentOf as mariadbContent } from '../../../lab/databases/mariadb-sample.ts'
import { type Postgres, postgresObstacle, startPostgres } from '../../../lab/databases/postgres.ts'
import { contentOf as postgresContent } from '../../../lab/databases/postgres-content.ts'
import { fillPostgres, psql } from '../../../lab/databases/postgres-sample.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { pathOf, runBare, shellBlocks } from './support/bare-shell.ts'
import { commandsFor, problemsOf, workFolder } from './support/by-hand.ts'
import { openScene, type Scene } from './support/scene.ts'

const mariadb = await requirePart('mariadb')
const postgres = await requirePart('postgres')

postgres.describe('by hand, a database', () => {
  let scene: Scene
  let server: Postgres
  beforeAll(async () => {
    expect(postgresObstacle()).toBeUndefined()
    ;[scene, server] = await Promise.all([openScene(), startPostgres()])
    await fillPostgres(server)
  }, 60_000)
  afterAll(async () => {
    await Promise.all([scene.close(), server.close()])
  })

  test('by the document and by RESTORE.md, each into a fresh server', async () => {
    writeFileSync(join(scene.folderFor('www'), 'page'), 'one')
    const sources = `- files: { paths: [${join(scene.folder, 'www')}] }\n- postgres: { url-env: SHOP_URL }`
    const step = await scene.backup(sources, { env: { SHOP_URL: server.url } })
    expect(problemsOf(step)).toEqual([])
    const id = step.outputs['backup-id'] ?? ''
    const text = readFileSync(join(scene.store, 'shop', id, 'RESTORE.md'), 'utf8')
    const names = dumpsOf(scene, id).map(({ name, role }) => (role === 'database' ? name : 'postgres'))
    const [download = '', ...rest] = shellBlocks(text)
    const own = rest.map((block) =>
      block.includes('database:?') ? `database=${quoted(names.shift() ?? '')}\n${block}stop=1\n` : block,
    )
    expect(names).toEqual([])
    const original = await postgresContent(server)
    for (const commands of [
      commandsFor(id, { marks: 'cp -R', from: scene.store }, '2-postgres'),
      [download, 'stop=0\n', ...own].join(''),
    ]) {
      const fresh = await startPostgres()
      try {
        const { server: rescue, env } = await rescued(fresh)
        const { status, stderr } = runBare(commands, {
          folder: workFolder(scene),
          programs: [join(fresh.programs, 'psql')],
          env,
        })
        expect(status === 0 ? [] : stderr.split('\n')).toEqual([])
        expect(withoutRescuer((await postgresContent(rescue)).databases)).toEqual(original.databases)
      } finally {
        await fresh.close()
      }
    }
  }, 120_000)
})

mariadb.describe('by hand, a database of MariaDB', () => {
  test('by the document, into a fresh server', async () => {
    const [scene, server, fresh] = await Promise.all([openScene(), startMariadb(), startMariadb()])
    try {
      await fillMariadb(server)
      const page = join(scene.folderFor('www'), 'page')
      writeFileSync(page, 'one')
      const sources = `
- files: { paths: [${join(scene.folder, 'www')}] }
- command: { name: x, run: [cat, ${page}] }
- mysql: { url-env: SHOP_URL }`
      const step = await scene.backup(sources, { env: { SHOP_URL: server.url } })
      expect(step.conclusion === 'success' ? [] : step.log).toEqual([])
      const folder = workFolder(scene)
      const { hostname, port, username, password } = new URL(fresh.url)
      writeFileSync(
        join(folder, '.my.cnf'),
        `[client]\nhost=${hostname}\nport=${port}\nuser=${username}\npassword=${password}\n`,
      )
      const way = { marks: 'cp -R', from: scene.store }
      const { status, stderr } = runBare(commandsFor(step.outputs['backup-id'] ?? '', way, '3-mysql'), {
        folder,
        programs: [pathOf('mariadb')],
        env: { HOME: folder },
      })
      expect([status, stderr]).toEqual([0, ''])
      expect(await mariadbContent(fresh)).toEqual(await mariadbContent(server))
    } finally {
      await Promise.all([scene.close(), server.close(), fresh.close()])
    }
  }, 120_000)
})

/** The server, by a superuser whom no backup has: its owner will have the password of the other one. */
async function rescued(server: Postgres): Promise<{ server: Postgres; env: Record<string, string> }> {
  const url = new URL(server.url)
  await psql(server, 'postgres', `--command=CREATE ROLE rescuer SUPERUSER LOGIN PASSWORD 'for-the-rescue'`)
  url.username = 'rescuer'
  url.password = 'for-the-rescue'
  const env = { PGHOST: url.hostname, PGPORT: url.port, PGUSER: url.username, PGPASSWORD: url.password }
  return { server: { ...server, url: url.href }, env }
}

/** A dump doesn't say whose extensions are: they belong to the one who restores. */
function withoutRescuer<T>(content: T): T {
  return JSON.parse(JSON.stringify(content).replaceAll('b rescuer', 'b owner'))
}

/** What the index says of the dumps of source 2. */
function dumpsOf(scene: Scene, id: string): { name: string; role: string }[] {
  const folder = workFolder(scene)
  const index = join(scene.store, 'shop', id, 'index.zst.enc')
  const { stdout } = runBare(`age -d -i identity.txt ${quoted(index)} | zstd -d | LC_ALL=C sed -n 1p`, { folder })
  return JSON.parse(stdout).sources[1].dumps
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
