// A real MariaDB server for tests, with its data in a temporary folder: never the system's service.
import { randomBytes } from 'node:crypto'
import { chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execute } from '../provision/execute.ts'
import { freePort } from './postgres.ts'
import { serverUser, startServer } from './server-user.ts'

export interface Mariadb {
  /** With the password of a user who may do everything */
  url: string
  /** Of its own data, readable by its own user */
  dataFolder: string
  /** Ends the server and removes its folder */
  close(): Promise<void>
}

/** Starts a server on a loopback port; it answers when this resolves. */
export async function startMariadb(): Promise<Mariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-mariadb-'))
  try {
    const [port, password] = [await freePort('127.0.0.1'), randomBytes(12).toString('hex')]
    await initialise(folder, password)
    const stop = launch(folder, port)
    const url = `mysql://owner:${password}@127.0.0.1:${port}`
    await answers(url).catch(async (error: unknown) => {
      await stop()
      throw error
    })
    return {
      url,
      dataFolder: join(folder, 'data'),
      close: async () => {
        await stop()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** What the first start makes: a user who comes over TCP. */
function firstStatements(password: string): string {
  return `CREATE USER owner@'%' IDENTIFIED BY '${password}';\nGRANT ALL PRIVILEGES ON *.* TO owner@'%' WITH GRANT OPTION;\n`
}

async function initialise(folder: string, password: string): Promise<void> {
  const user = serverUser()
  const first = join(folder, 'first.sql')
  writeFileSync(first, firstStatements(password), { mode: 0o600 })
  for (const path of [folder, first]) if (user.uid && user.gid) chownSync(path, user.uid, user.gid)
  // Two that start at the same time would take each other's temporary tables out of /tmp.
  const folders = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`]
  const args = ['--no-defaults', ...folders, '--skip-test-db', '--auth-root-authentication-method=normal']
  await execute(join('/usr/bin', 'mariadb-install-db'), args, { ...user, cwd: folder })
}

function launch(folder: string, port: number): () => Promise<void> {
  const args = [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--init-file=${join(folder, 'first.sql')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-log-bin',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=32M',
  ]
  const { child, ended } = startServer(serverProgram(), args, folder)
  return async () => {
    child.kill('SIGKILL')
    await ended
  }
}

function serverProgram(): string {
  const [found] = globSync('/usr/{sbin,libexec,bin}/mariadbd')
  if (found === undefined) throw new Error('MariaDB is missing; to bring it: sudo apt-get install -y mariadb-server')
  return found
}

async function answers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mariadb(url, 'SELECT 1')
      return
    } catch (error) {
      if (attempt === 200) throw error
      await sleep(100)
    }
  }
}

/** Runs statements as the address's user; gives rows of tab-separated fields. */
export function mariadb(url: string, sql: string, database = ''): Promise<string> {
  const { hostname, port, username, password } = new URL(url)
  const server = ['--no-defaults', '--protocol=tcp', `--host=${hostname}`, `--port=${port}`, `--user=${username}`]
  const options = ['--batch', '--skip-column-names', '--raw', '--default-character-set=utf8mb4', `--execute=${sql}`]
  return execute('mariadb', [...server, ...options, '--', database], {
    env: { MYSQL_PWD: decodeURIComponent(password) },
  })
}
