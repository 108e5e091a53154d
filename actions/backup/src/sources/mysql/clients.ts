import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { compareVersions, findPrograms, type Program } from '../programs.ts'
import type { Family } from './connection.ts'

export type ClientName = 'client' | 'dump' | 'backup'

export interface MysqlProgram extends Program {
  family: Family
}

const NAMES: Readonly<Record<ClientName, readonly string[]>> = {
  client: ['mariadb', 'mysql'],
  dump: ['mariadb-dump', 'mysqldump'],
  backup: ['mariadb-backup', 'mariabackup'],
}

/** Where packages keep them aside: Homebrew on both kinds of Mac, and the vendor's own archive. */
const ROOTS = ['/opt/homebrew/opt', '/usr/local/opt', '/usr/local/mysql']

/** All of these programs at the place, those of both families. */
export async function findClients(place: Place, name: ClientName): Promise<MysqlProgram[]> {
  const found = await findPrograms(place, NAMES[name], ROOTS, (text) => versionIn(text))
  return found.map((program) => {
    const isMariadb = program.version.endsWith(MARIADB)
    return {
      path: program.path,
      version: program.version.replace(MARIADB, ''),
      family: isMariadb ? 'mariadb' : 'mysql',
    }
  })
}

const MARIADB = '-MariaDB'

/**
 * The server's version that a program was made with: `mysql  Ver 15.1 Distrib 10.11.14-MariaDB, for …`, `mariadb-dump from 11.4.2-MariaDB,
 * client 10.19 for …`, `mariadb-backup based on MariaDB server 10.11.14-MariaDB …`, `mysqldump  Ver 8.4.3 for Linux …`.
 */
export function versionIn(text: string): string | undefined {
  const match = /(?:Distrib|from|server) (\d+(?:\.\d+)+(?:-MariaDB)?)/.exec(text) ?? /Ver (\d+(?:\.\d+)+)/.exec(text)
  return match?.[1]
}

export interface ServerVersion {
  family: Family
  /** `10.11.14` */
  text: string
}

/** `10.11`: what must be equal for a dump to come back without loss. */
function series(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/**
 * The oldest program of the server's own family and of its series or a newer one: an older one doesn't know all that the server has,
 * and one of the other family asks for tables that it lacks.
 *
 * @throws `client-version`, `client-missing`
 */
export async function findClient(
  place: Place,
  what: string,
  name: ClientName,
  server: ServerVersion,
): Promise<MysqlProgram> {
  const found = (await findClients(place, name)).sort((a, b) => compareVersions(a.version, b.version))
  const fit = found.filter(
    ({ family, version }) => family === server.family && compareVersions(series(version), series(server.text)) >= 0,
  )
  const best = fit.filter(({ version }) => series(version) === series(fit[0]?.version ?? '')).at(-1)
  if (best !== undefined) return best
  const product = productOf(server.family)
  const remedy = `Install the client programs of ${product} ${series(server.text)} at ${place.name}, or let them run where the server has its own, by on: kubernetes://… or docker://….`
  const names = NAMES[name].join(' or ')
  if (found.length === 0)
    throw new BackupError('client-missing', `${what} needs ${names}, and there is none at ${place.name}.`, { remedy })
  const there = found.map(({ family, version, path }) => `${productOf(family)}'s ${version} (${path})`).join(', ')
  throw new BackupError(
    'client-version',
    `${what} is a server of ${product} ${server.text}, which needs ${product}'s ${names} of ${series(server.text)} or newer; at ${place.name} there is ${there}.`,
    { remedy },
  )
}

export function productOf(family: Family): string {
  return family === 'mariadb' ? 'MariaDB' : 'MySQL'
}

/** Any client will do to ask a server what it is. Throws `client-missing`. */
export async function findAnyClient(place: Place, what: string): Promise<MysqlProgram> {
  const newest = (await findClients(place, 'client')).sort((a, b) => compareVersions(a.version, b.version)).at(-1)
  if (newest !== undefined) return newest
  throw new BackupError('client-missing', `${what} needs mariadb or mysql, and there is neither at ${place.name}.`, {
    remedy: `Install the client programs at ${place.name} (Debian and Ubuntu: mariadb-client or mysql-client), or let them run where the server has its own, by on: kubernetes://… or docker://….`,
  })
}

/** Releases of May 2024, each on its branch, gave `mariadb` the option --sandbox. */
const SANDBOX_SINCE: Readonly<Record<string, string>> = {
  '10.5': '10.5.25',
  '10.6': '10.6.18',
  '10.11': '10.11.8',
  '11.0': '11.0.6',
  '11.1': '11.1.5',
  '11.2': '11.2.4',
}

export function knowsSandbox({ family, version }: MysqlProgram): boolean {
  if (family !== 'mariadb') return false
  return compareVersions(version, SANDBOX_SINCE[series(version)] ?? '11.4.2') >= 0
}
