// What tests of real servers have in common.
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Postgres } from '../../../../lab/databases/postgres.ts'
import { psql, quote } from '../../../../lab/databases/postgres-sample.ts'
import { localPlace } from '../../src/places/local.ts'
import type { Place } from '../../src/places/place.ts'
import { postgresConnectionOf } from '../../src/sources/postgres/connection.ts'
import { preparePostgres } from '../../src/sources/postgres/prepare.ts'
import type { PostgresTarget } from '../../src/sources/postgres/restore.ts'
import type { RestoreStream } from '../../src/sources/restore.ts'
import type { PostgresSource } from '../../src/sources/source.ts'
import type { StreamPlan } from '../../src/sources/stream.ts'

export const SYSTEM_PATH = '/usr/bin:/bin'

/** This machine, where these programs come first. */
export function placeOf({ programs }: Postgres, path = `${programs}:${SYSTEM_PATH}`): Place {
  return localPlace({ PATH: path }, undefined)
}

function sourceOf(changes: Partial<PostgresSource> = {}): PostgresSource {
  const server = {
    urlEnv: 'DATABASE_URL',
    host: undefined,
    port: undefined,
    user: undefined,
    userEnv: undefined,
    passwordEnv: undefined,
  }
  return {
    id: '1-postgres',
    kind: 'postgres',
    on: { kind: 'local' },
    server,
    databases: 'all',
    globals: true,
    method: 'dump',
    ...changes,
  }
}

export function prepare(
  server: Postgres,
  changes: Partial<PostgresSource> = {},
  place = placeOf(server),
  url = server.url,
): Promise<StreamPlan> {
  return preparePostgres(sourceOf(changes), place, { DATABASE_URL: url })
}

/** The streams of a plan as a backup gives them back. */
export async function backUp({ streams }: StreamPlan): Promise<(RestoreStream & { bytes: Buffer })[]> {
  const kept: (RestoreStream & { bytes: Buffer })[] = []
  for (const { name, role, start } of streams) {
    const started = start()
    const bytes = await buffer(started.stdout)
    await started.ended
    kept.push({ name, role, bytes, open: async () => Readable.from([bytes], { objectMode: false }) })
  }
  return kept
}

export function targetOf(server: Postgres, database?: string): PostgresTarget {
  const url = new URL(server.url)
  if (database !== undefined) url.pathname = encodeURIComponent(database)
  return { place: placeOf(server), connection: postgresConnectionOf('The target', url.href) }
}

export async function emptyDatabase(server: Postgres, name: string): Promise<PostgresTarget> {
  await psql(server, 'postgres', `--command=CREATE DATABASE ${quote(name)} TEMPLATE template0`)
  return targetOf(server, name)
}
