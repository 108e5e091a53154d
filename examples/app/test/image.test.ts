import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { geteuid } from 'node:process'
import { after, before, test } from 'node:test'
import { buildImage, type Image } from './support/image.ts'
import { type Postgres, startPostgres } from './support/postgres.ts'
import { kill, readyzIs, startReplica } from './support/replica.ts'

const context = join(import.meta.dirname, '..')
let image: Image
let postgres: Postgres

before(
  async () => {
    image = buildImage(context, { VERSION: '2.0.0' })
    execFileSync('chmod', ['-R', 'a-w', image.root])
    postgres = await startPostgres()
  },
  { timeout: 180_000 },
)
after(async () => {
  await postgres?.remove()
  if (image === undefined) return
  execFileSync('chmod', ['-R', 'u+w', image.root])
  rmSync(dirname(image.root), { recursive: true })
})

const files = (): string[] => globSync('**/*', { cwd: join(image.root, image.workdir) })

test('the image holds what production needs, and nothing else', () => {
  const app = join(image.root, image.workdir)
  assert.deepEqual(readdirSync(app).sort(), ['build', 'migrations', 'node_modules', 'package.json'])
  assert.deepEqual(
    files().filter((path) => /^build\/.*(test|\.ts$)/.test(path)),
    [],
  )
  assert.ok(existsSync(join(app, 'node_modules/fastify')))
  for (const name of ['typescript', 'fast-check', '@types'])
    assert.ok(!existsSync(join(app, 'node_modules', name)), name)
  const bytes = files().reduce((sum, path) => sum + statSync(join(app, path)).size, 0)
  assert.ok(bytes < 30_000_000, `${bytes} bytes`)
})

test('it runs as its numeric user, who owns nothing, from files that nobody can write, and stops cleanly', async () => {
  assert.ok(image.user.uid > 0 && image.user.gid > 0)
  assert.deepEqual(image.entrypoint, ['node', 'build/index.js'])
  const before = files()
  const replica = await startReplica(
    { ...image.environment, DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_DELAY: '0s' },
    {
      node: join(image.root, 'usr/local/bin/node'),
      entry: join(image.root, image.workdir, 'build/index.js'),
      // Only root can become somebody else.
      ...(geteuid?.() === 0 ? image.user : {}),
    },
  )
  try {
    await readyzIs(200, replica)
    assert.match(await (await fetch(replica.metricsUrl)).text(), /^bookings_build_info\{version="2\.0\.0"/m)
    assert.match(await (await fetch(replica.url)).text(), /The meeting room/)
    replica.process.kill('SIGTERM')
    assert.equal(await replica.exited, 0)
  } finally {
    await kill(replica)
  }
  assert.deepEqual(files(), before)
})
