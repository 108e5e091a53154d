import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { compareVersions, findPrograms, type Program } from '../programs.ts'

export type ClientName = 'psql' | 'pg_dump' | 'pg_dumpall' | 'pg_basebackup'

/** Where packages put several versions beside each other: Debian, Red Hat, Alpine, Homebrew on both kinds of Mac. */
const ROOTS = [
  '/usr/lib/postgresql',
  ...Array.from({ length: 20 }, (_, index) => `/usr/pgsql-${index + 10}`),
  '/usr/libexec',
  '/opt/homebrew/opt',
  '/usr/local/opt',
]

/** All of these programs at the place. */
export function findClients(place: Place, name: ClientName): Promise<Program[]> {
  return findPrograms(place, [name], ROOTS, (text) => /\(PostgreSQL\) (\d+(?:\.\d+)*)/.exec(text)?.[1])
}

export function majorOf(version: string): number {
  return Number(version.split('.')[0])
}

/** The newest psql, which speaks to servers of every version. Throws `client-missing`. */
export async function findPsql(place: Place, what: string): Promise<Program> {
  const newest = (await findClients(place, 'psql')).sort(byVersion).at(-1)
  return newest ?? missing(what, 'psql', place)
}

/**
 * The oldest program that is as new as the server, best of its own version: an older one refuses the server, and dumps of a
 * newer one may hold settings that the server doesn't know when they come back.
 *
 * @throws `client-version`, `client-missing`
 */
export async function findClient(place: Place, what: string, name: ClientName, server: string): Promise<Program> {
  const found = (await findClients(place, name)).sort(byVersion)
  if (found.length === 0) return missing(what, name, place, server)
  const major = majorOf(server)
  const fit = found.filter((program) => majorOf(program.version) >= major)
  // Of the same major version the newest has the fewest faults.
  const best = fit.filter((program) => majorOf(program.version) === majorOf(fit[0]?.version ?? '')).at(-1)
  return best ?? tooOld(what, name, place, server, found)
}

function byVersion(a: Program, b: Program): number {
  return compareVersions(a.version, b.version)
}

function missing(what: string, name: ClientName, place: Place, server?: string): never {
  throw new BackupError('client-missing', `${what} needs ${name}, and there is none at ${place.name}.`, {
    remedy: remedyFor(place, server),
  })
}

function tooOld(what: string, name: ClientName, place: Place, server: string, found: readonly Program[]): never {
  const there = found.map(({ path, version }) => `${version} (${path})`).join(', ')
  throw new BackupError(
    'client-version',
    `${what} is a server of PostgreSQL ${server}, which needs ${name} ${majorOf(server)} or newer; at ${place.name} there is ${there}.`,
    { remedy: remedyFor(place, server) },
  )
}

function remedyFor(place: Place, server: string | undefined): string {
  const version = server === undefined ? '' : ` ${majorOf(server)}`
  const debian = server === undefined ? 'postgresql-client' : `postgresql-client-${majorOf(server)}`
  return `Install PostgreSQL${version}'s client programs at ${place.name} (Debian and Ubuntu: the package ${debian}, of apt.postgresql.org where the system's own is older), or let them run where the server has its own, by on: kubernetes://… or docker://….`
}
