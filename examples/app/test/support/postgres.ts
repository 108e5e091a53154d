import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { env, geteuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from './ports.ts'

export interface Postgres {
  /** Of a new, empty database */
  createDatabase(): Promise<string>
  start(): Promise<void>
  /** As a crash: connections break */
  stop(): Promise<void>
  /** Stops the server's processes as they are, and lets them go on: no connection breaks, and nothing answers */
  freeze(): void
  thaw(): void
  /** Ends it and removes its folder */
  remove(): Promise<void>
}

/**
 * Starts a real PostgreSQL server on a free port of the loopback interface, with its data in a temporary folder.
 *
 * @throws Error when this machine has no PostgreSQL
 */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'bookings-postgres-'))
  const data = join(folder, 'data')
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  const user = unprivilegedUser()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid)
  const initialise = ['-D', data, '-U', 'owner', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '-N']
  execFileSync(program('initdb'), [...initialise, '--locale=C'], { ...user, cwd: folder, stdio: 'pipe' })

  const address = (database: string): string => `postgres://owner:${password}@127.0.0.1:${port}/${database}`
  let server: ReturnType<typeof launch> | undefined
  let databases = 0

  function launch() {
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=Asia/Seoul']
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
    return spawn(program('postgres'), args, { ...user, cwd: folder, stdio: 'ignore' })
  }

  function signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const parent = String(server?.pid)
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', parent], { encoding: 'utf8' }).trim().split(/\s+/)
    for (const pid of [parent, ...children]) process.kill(Number(pid), signal)
  }

  const postgres: Postgres = {
    async createDatabase() {
      databases += 1
      await runStatement(address('postgres'), `CREATE DATABASE test_${databases}`)
      return address(`test_${databases}`)
    },
    async start() {
      server = launch()
      await answers(address('postgres'))
    },
    async stop() {
      if (server === undefined || server.exitCode !== null) return
      server.kill('SIGQUIT')
      await once(server, 'exit')
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async remove() {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await postgres.start()
  return postgres
}

/** Runs one statement with a connection of its own. */
export async function runStatement(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await runStatement(url, 'SELECT 1')
      return
    } catch (error) {
      if (attempt === 100) throw error
      await sleep(100)
    }
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (geteuid?.() !== 0) return undefined
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** On PATH, or where Debian and its kin put it. */
function program(name: string): string {
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin').sort().reverse()]
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`The tests need PostgreSQL: there is no ${name} on this machine`)
  return found
}
