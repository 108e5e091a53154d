// Databases with everything that a dump can lose.
import { join } from 'node:path'
import { execute } from '../provision/execute.ts'
import type { Postgres } from './postgres.ts'

/** The rich one, and others whose names no program may trip over. */
export const postgresDatabases = [
  'shop',
  `a "quoted" 'name', with -- spaces`,
  '데이터=베이스 ü',
  '-dashed',
  'Ümläut\\back',
] as const

/** Fills a new server: roles with passwords, settings and rights of databases, and what is in them. */
export async function fillPostgres(server: Postgres): Promise<void> {
  await psql(server, 'postgres', fileOf('roles'))
  for (const name of postgresDatabases)
    await psql(server, 'postgres', `--command=CREATE DATABASE ${quote(name)} OWNER app`)
  const [rich, quoted, korean, dashed] = postgresDatabases
  const settings = [
    `ALTER DATABASE ${quote(rich)} SET timezone = 'Asia/Seoul'`,
    `ALTER DATABASE ${quote(rich)} SET search_path = "$user", shop, "odd, name"`,
    `ALTER ROLE app IN DATABASE ${quote(rich)} SET work_mem = '8MB'`,
    `ALTER DATABASE ${quote(quoted)} SET search_path = ''`,
    `ALTER DATABASE ${quote(quoted)} CONNECTION LIMIT 7`,
    `COMMENT ON DATABASE ${quote(quoted)} IS 'it''s a \\ comment'`,
    `REVOKE ALL ON DATABASE ${quote(korean)} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${quote(korean)} TO readers, "Ana ""the"" Røle" WITH GRANT OPTION`,
    `ALTER DATABASE ${quote(dashed)} IS_TEMPLATE true`,
  ]
  await psql(server, 'postgres', ...settings.map((setting) => `--command=${setting}`))
  await psql(server, rich, fileOf('rich'))
  for (const name of postgresDatabases.slice(1)) {
    await psql(
      server,
      name,
      '--command=CREATE TABLE public."t-1" AS SELECT i, md5(i::text) FROM generate_series(1, 50) AS i',
    )
  }
}

/** Runs psql with these actions in a database of the server, as its owner. */
export function psql({ url, programs }: Postgres, database: string, ...actions: string[]): Promise<string> {
  const { hostname, port, username, password } = new URL(url)
  const env = {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGTZ: 'UTC',
  }
  const options = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1']
  return execute(join(programs, 'psql'), [...options, ...actions], { env })
}

function fileOf(part: 'roles' | 'rich'): string {
  return `--file=${join(import.meta.dirname, 'samples', `postgres-${part}.sql`)}`
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
