import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Postgres, type PostgresVersion, startPostgres } from '../../../../lab/databases/postgres.ts'
import { contentOf, type PostgresContent } from '../../../../lab/databases/postgres-content.ts'
import { fillPostgres, postgresDatabases } from '../../../../lab/databases/postgres-sample.ts'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { queryPostgresScalar, restorePostgres, restorePostgresDatabase } from '../../src/sources/postgres/restore.ts'
import { backUp, emptyDatabase, prepare, targetOf } from './servers.ts'

const debian = await requirePart('postgres')
const own = { '17': await requirePart('postgres-17'), '18': await requirePart('postgres-18') }
/** The role that restores keeps its own password. */
function withoutOwner({ roles, databases }: PostgresContent): PostgresContent {
  const { owner, ...others } = roles
  expect(owner).toBeDefined()
  return { roles: others, databases }
}

describe.each<PostgresVersion>(['debian', '17', '18'])('PostgreSQL %s', (version) => {
  const part = version === 'debian' ? debian : own[version]
  part.describe('a server', () => {
    let source: Postgres
    let target: Postgres
    beforeAll(async () => {
      ;[source, target] = await Promise.all([startPostgres(undefined, version), startPostgres(undefined, version)])
      await fillPostgres(source)
    })
    afterAll(() => Promise.all([source?.close(), target?.close()]))

    test('comes back in a new server as it was: roles, databases, everything in them', async () => {
      const plan = await prepare(source)
      const streams = await backUp(plan)
      expect(streams.map(({ role, name }) => `${role} ${name}`)).toEqual([
        'globals roles',
        'globals databases',
        ...[...postgresDatabases, 'postgres'].sort().map((name) => `database ${name}`),
      ])
      expect(plan.warnings).toEqual([])
      await restorePostgres(targetOf(target), streams)
      const [before, after] = await Promise.all([contentOf(source), contentOf(target)])
      expect(withoutOwner(after)).toEqual(withoutOwner(before))
      expect(Object.keys(before.databases).sort()).toEqual([...postgresDatabases, 'postgres'].sort())

      // Now it isn't new any more.
      await expect(restorePostgres(targetOf(target), streams)).rejects.toMatchObject({ reason: 'not-empty' })
      const [shop] = streams.filter(({ name }) => name === 'shop')
      const scratch = await emptyDatabase(target, "scratch 'n'")
      await restorePostgresDatabase(scratch, async () => Readable.from([shop?.bytes ?? Buffer.alloc(0)]), {
        name: 'shop',
        facts: plan.facts,
      })
      expect(await queryPostgresScalar(scratch, 'SELECT count(*) FROM shop.orders')).toBe('2000')
    })
  })
})
