// A real PostgreSQL server for tests and the demo, with its data in a temporary folder.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  chownSync,
  existsSync,
  globSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execute } from '../provision/execute.ts'
import { cacheFolder, findPart } from '../provision/find.ts'
import { readableBy, serverUser, startServer } from './server-user.ts'

export interface Postgres {
  /** Of an empty database, with user and password */
  url: string
  /** Where its programs lie, those of clients, too */
  programs: string
  /** Ends the server and removes its folder */
  close(): Promise<void>
}

/** `debian`: whatever the system has. The others are the lab's own copies. */
export type PostgresVersion = 'debian' | '17' | '18'

const programs = ['initdb', 'postgres', 'pg_isready']

/** Why this machine can't have a server, in a sentence that says what to do. Undefined: nothing is in the way. */
export function postgresObstacle(): string | undefined {
  const missing = programs.filter((name) => find(name) === undefined)
  if (missing.length === 0) return undefined
  return `PostgreSQL's ${missing.join(', ')} is missing; to bring it: sudo apt-get install -y postgresql`
}

/**
 * Starts a server that belongs to this process; it answers when this resolves.
 *
 * @param host the one address that it listens on; whoever reaches it needs the password
 * @throws Error with the reason when it doesn't start (see postgresObstacle)
 */
export async function startPostgres(host = '127.0.0.1', version: PostgresVersion = 'debian'): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-postgres-'))
  try {
    const programs = version === 'debian' ? debianPrograms() : await ownPrograms(version)
    const password = randomBytes(12).toString('hex')
    const readable = await readablePrograms(programs, version, folder)
    const server = { host, port: await freePort(host), password, folder, programs: readable }
    await initialise(server)
    const stop = launch(server)
    await answers(server).catch(async (error: unknown) => {
      await stop()
      throw error
    })
    return {
      url: `postgres://owner:${server.password}@${host}:${server.port}/postgres`,
      programs,
      close: async () => {
        await stop()
        remove(folder)
      },
    }
  } catch (error) {
    remove(folder)
    throw error
  }
}

interface Server {
  host: string
  port: number
  password: string
  folder: string
  programs: string
}

async function initialise({ folder, password, programs }: Server): Promise<void> {
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')]
  writeFileSync(passwordFile, password, { mode: 0o600 })
  const user = serverUser()
  for (const path of [folder, passwordFile]) if (user.uid && user.gid) chownSync(path, user.uid, user.gid)
  const access = ['--username=owner', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const args = ['-D', data, ...access, '--encoding=UTF8', '--locale=C', '--no-sync']
  await execute(join(programs, 'initdb'), args, { ...user, cwd: folder })
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n')
}

/** @returns a function that ends it, as fast as it goes without harm to its data */
function launch({ host, port, folder, programs }: Server): () => Promise<void> {
  const settings = ['fsync=off', `listen_addresses=${host}`, 'unix_socket_directories=', 'logging_collector=off']
  const args = ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const { child, ended } = startServer(join(programs, 'postgres'), args, folder)
  return async () => {
    child.kill('SIGINT')
    await ended
  }
}

async function answers({ host, port, programs }: Server): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await execute(join(programs, 'pg_isready'), ['--quiet', `--host=${host}`, `--port=${port}`])
      return
    } catch (error) {
      if (attempt === 100) throw error
      await sleep(100)
    }
  }
}

export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function debianPrograms(): string {
  const found = find('postgres')
  if (found === undefined || postgresObstacle() !== undefined) throw new Error(postgresObstacle())
  return dirname(realpathSync(found))
}

async function ownPrograms(version: '17' | '18'): Promise<string> {
  const found = await findPart(`postgres-${version}`)
  if (found === undefined)
    throw new Error(`PostgreSQL ${version} is missing; to bring it: npm run lab -- postgres-${version}`)
  return dirname(found)
}

/** The package as a whole, since its programs find their libraries by their own place. */
async function readablePrograms(programs: string, version: PostgresVersion, folder: string): Promise<string> {
  if (version === 'debian') return programs
  const origin = cacheFolder(`postgres-${version}`)
  return join(await readableBy(serverUser(), origin, join(folder, 'programs')), relative(origin, programs))
}

/** On PATH, or where Debian and its kin put the programs of each version. */
function find(name: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const ofVersions = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  return [...onPath, ...ofVersions].map((folder) => join(folder, name)).find((file) => existsSync(file))
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
