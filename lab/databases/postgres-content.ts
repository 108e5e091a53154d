// What is in a server, in a form that two servers can be compared by.
import type { Postgres } from './postgres.ts'
import { psql } from './postgres-sample.ts'

export interface PostgresContent {
  /** Flags, password verifiers, memberships and settings, by name */
  roles: Record<string, unknown>
  databases: Record<string, DatabaseContent>
}

export interface DatabaseContent {
  /** Owner, encoding, locale, rights, settings, comment */
  properties: unknown
  /** Rows and a checksum over them in any order */
  tables: Record<string, { rows: number; checksum: string }>
  sequences: Record<string, unknown>
  /** Definitions: columns, constraints, indexes, views, functions, triggers, policies, rights, comments … */
  definitions: Record<string, unknown>
  largeObjects: Record<string, string>
}

/** Everything but what is of this one server: numbers of objects, times of creation. */
export async function contentOf(server: Postgres): Promise<PostgresContent> {
  const names = (await json(server, 'postgres', DATABASES)) as string[]
  const databases: [string, DatabaseContent][] = []
  for (const name of names) databases.push([name, await databaseContent(server, name)])
  return {
    roles: (await json(server, 'postgres', ROLES)) as Record<string, unknown>,
    databases: Object.fromEntries(databases),
  }
}

async function databaseContent(server: Postgres, name: string): Promise<DatabaseContent> {
  const found = (await json(server, name, CONTENT)) as Omit<DatabaseContent, 'tables'> & { tables: string[] }
  const counts = found.tables.map(
    (table) =>
      `SELECT ${literal(table)} AS name, count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS checksum FROM ${table} AS t`,
  )
  const tables =
    counts.length === 0
      ? {}
      : await json(
          server,
          name,
          `SELECT json_object_agg(name, json_build_object('rows', rows, 'checksum', checksum)) FROM (${counts.join(' UNION ALL ')}) AS c`,
        )
  return { ...found, tables: tables as DatabaseContent['tables'] }
}

async function json(server: Postgres, database: string, sql: string): Promise<unknown> {
  return JSON.parse(await psql(server, database, `--command=${sql}`))
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const DATABASES = `SELECT json_agg(datname ORDER BY datname) FROM pg_database WHERE datallowconn AND datname NOT IN ('template0', 'template1')`

const ROLES = `
SELECT json_object_agg(rolname, json_build_object(
  'role', to_jsonb(pg_authid) - 'oid',
  'members', (SELECT json_agg(to_jsonb(m) - 'oid' - 'roleid' - 'member' - 'grantor'
      || jsonb_build_object('member', pg_get_userbyid(member), 'grantor', pg_get_userbyid(grantor)) ORDER BY pg_get_userbyid(member))
    FROM pg_auth_members AS m WHERE roleid = pg_authid.oid),
  'settings', (SELECT setconfig FROM pg_db_role_setting WHERE setrole = pg_authid.oid AND setdatabase = 0),
  'comment', shobj_description(oid, 'pg_authid')) ORDER BY rolname)
FROM pg_authid WHERE rolname !~ '^pg_'`

/** Of schemas that aren't the system's. */
const OWN = `NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')`

/** Rights, in an order of their own. */
function acl(column: string): string {
  return `(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(${column}) AS a)`
}

/** As a map by name, where each thing is told by one expression. */
function all(name: string, value: string, from: string): string {
  return `(SELECT coalesce(json_object_agg(${name}, ${value} ORDER BY ${name}), '{}') FROM ${from})`
}

const CONTENT = `
SELECT json_build_object(
  'properties', (SELECT to_jsonb(d) - 'oid' - 'datdba' - 'datacl' - 'datfrozenxid' - 'datminmxid' - 'datlastsysoid' - 'dattablespace' || jsonb_build_object(
      'owner', pg_get_userbyid(datdba), 'acl', ${acl('datacl')}, 'comment', shobj_description(oid, 'pg_database'),
      'settings', (SELECT json_object_agg(CASE setrole WHEN 0 THEN '' ELSE pg_get_userbyid(setrole) END, setconfig)
        FROM pg_db_role_setting WHERE setdatabase = d.oid))
    FROM pg_database AS d WHERE datname = current_database()),
  'tables', (SELECT coalesce(json_agg(format('%I.%I', nspname, relname)), '[]') FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND relnamespace ${OWN}),
  'sequences', ${all("format('%I.%I', schemaname, sequencename)", 'to_jsonb(s)', 'pg_sequences AS s')},
  'largeObjects', ${all('oid::text', `concat_ws(' ', pg_get_userbyid(lomowner), md5(lo_get(oid)), ${acl('lomacl')}, obj_description(oid, 'pg_largeobject'))`, 'pg_largeobject_metadata')},
  'definitions', json_build_object(
    'schemas', ${all('nspname', `concat_ws(' ', pg_get_userbyid(nspowner), ${acl('nspacl')})`, `pg_namespace WHERE oid ${OWN}`)},
    'extensions', ${all('extname', "concat_ws(' ', extversion, extnamespace::regnamespace)", 'pg_extension')},
    'relations', ${all('c.oid::regclass::text', `concat_ws(' ', relkind, relpersistence, pg_get_userbyid(relowner), ${acl('relacl')}, relrowsecurity, pg_get_expr(relpartbound, c.oid), obj_description(c.oid, 'pg_class'))`, `pg_class AS c WHERE relnamespace ${OWN}`)},
    'columns', ${all("attrelid::regclass::text || '.' || attname", `concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity, ${acl('attacl')}, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))`, `pg_attribute JOIN pg_class AS c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped AND relnamespace ${OWN}`)},
    'constraints', ${all("conrelid::regclass::text || '.' || conname", 'pg_get_constraintdef(oid)', `pg_constraint WHERE connamespace ${OWN}`)},
    'indexes', ${all('indexrelid::regclass::text', 'pg_get_indexdef(indexrelid)', `pg_index JOIN pg_class AS c ON c.oid = indrelid WHERE relnamespace ${OWN}`)},
    'views', ${all('c.oid::regclass::text', 'pg_get_viewdef(c.oid)', `pg_class AS c WHERE relkind IN ('v', 'm') AND relnamespace ${OWN}`)},
    'functions', ${all('p.oid::regprocedure::text', `pg_get_functiondef(p.oid) || coalesce(${acl('proacl')}::text, '')`, `pg_proc AS p WHERE prokind <> 'a' AND pronamespace ${OWN}`)},
    'triggers', ${all("tgrelid::regclass::text || '.' || tgname", 'pg_get_triggerdef(oid)', 'pg_trigger WHERE NOT tgisinternal')},
    'types', ${all('t.oid::regtype::text', "concat_ws(' ', typtype, pg_get_userbyid(typowner), (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))", `pg_type AS t WHERE typnamespace ${OWN}`)},
    'policies', ${all("polrelid::regclass::text || '.' || polname", 'pg_get_expr(polqual, polrelid)', 'pg_policy')},
    'defaults', ${all("concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype)", acl('defaclacl'), 'pg_default_acl')},
    'publications', ${all('pubname', '(SELECT array_agg(tablename::text) FROM pg_publication_tables AS t WHERE t.pubname = p.pubname)', 'pg_publication AS p')}))`
