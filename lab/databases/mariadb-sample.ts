// Databases with everything that a dump can lose, and what is in a server in a form that two servers can be compared by.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Mariadb, mariadb } from './mariadb.ts'

/** The rich one, and others whose names no program may trip over. */
export const mariadbDatabases = ['shop', 'a "quoted" \'name\', with -- spaces', '데이터 ü`베이스', '-dashed'] as const

const USERS = `
CREATE USER app@'%' IDENTIFIED BY 'the app''s password' WITH MAX_USER_CONNECTIONS 20;
CREATE USER \`ana "the" røle\`@'10.0.0.%' IDENTIFIED BY 'pâsswörd' REQUIRE SSL PASSWORD EXPIRE INTERVAL 90 DAY;
CREATE ROLE readers;
GRANT readers TO app@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE readers FOR app@'%';
GRANT SELECT, INSERT ON shop.* TO app@'%';`

const RIGHTS = `
GRANT SELECT ON shop.* TO readers;
GRANT SELECT (id, name), UPDATE (name) ON shop.customers TO \`ana "the" røle\`@'10.0.0.%';
GRANT EXECUTE ON PROCEDURE shop.clean TO app@'%';`

/** Fills a new server: users with passwords, roles, rights, databases, and what is in them. */
export async function fillMariadb({ url }: Mariadb): Promise<void> {
  await mariadb(url, USERS)
  const [rich, ...others] = mariadbDatabases
  await mariadb(
    url,
    `CREATE DATABASE ${quote(rich)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT 'it''s one'`,
  )
  await mariadb(url, readFileSync(join(import.meta.dirname, 'samples/mariadb-rich.sql'), 'utf8'), rich)
  for (const name of others) {
    await mariadb(url, `CREATE DATABASE ${quote(name)} CHARACTER SET latin1`)
    await mariadb(url, 'CREATE TABLE `t-1` AS SELECT seq, MD5(seq) AS m FROM seq_1_to_50', name)
  }
  await mariadb(url, RIGHTS)
}

export interface MariadbContent {
  users: string[]
  databases: Record<string, { properties: string; tables: Record<string, string>; definitions: string[] }>
}

/** Everything but what is of this one server. Each table: its rows and a checksum over them in any order. */
export async function contentOf({ url }: Mariadb): Promise<MariadbContent> {
  const names = await lines(
    url,
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'sys') AND SCHEMA_NAME NOT LIKE '%\\_schema'`,
  )
  const databases: [string, MariadbContent['databases'][string]][] = []
  for (const name of names.sort()) databases.push([name, await databaseContent(url, name)])
  return { users: await usersOf(url), databases: Object.fromEntries(databases) }
}

async function databaseContent(url: string, name: string): Promise<MariadbContent['databases'][string]> {
  const of = literal(name)
  const [properties = ''] = await lines(url, `SHOW CREATE DATABASE ${quote(name)}`)
  const checksums = await lines(
    url,
    CHECKSUMS.replaceAll('?', () => of),
  )
  const tables = checksums.length === 0 ? [] : await lines(url, checksums.join(' UNION ALL '))
  const things = await lines(
    url,
    THINGS.replaceAll('?', () => of),
  )
  const definitions = await lines(url, things.map((thing) => `SHOW CREATE ${thing};`).join('\n'), name)
  return {
    properties,
    tables: Object.fromEntries(tables.map((line) => line.split('\t') as [string, string])),
    definitions,
  }
}

/** One query a table, whose every column is compared by its bytes. */
const CHECKSUMS = `
SELECT CONCAT('SELECT ', QUOTE(TABLE_NAME), ', CONCAT(COUNT(*), '' '', COALESCE(SUM(CRC32(CONCAT_WS(''#'', ',
    GROUP_CONCAT('COALESCE(HEX(CONCAT(\`', REPLACE(COLUMN_NAME, '\`', '\`\`'), '\`)), ''-'')' ORDER BY ORDINAL_POSITION SEPARATOR ', '),
    '))), 0)) FROM \`', REPLACE(TABLE_SCHEMA, '\`', '\`\`'), '\`.\`', REPLACE(TABLE_NAME, '\`', '\`\`'), '\`',
    IF(TABLE_TYPE = 'SYSTEM VERSIONED', ' FOR SYSTEM_TIME ALL', ''))
FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)
WHERE TABLE_SCHEMA = ? AND TABLE_TYPE NOT LIKE '%VIEW' GROUP BY TABLE_SCHEMA, TABLE_NAME ORDER BY TABLE_NAME`

const THINGS = `
SELECT thing FROM (
  SELECT CONCAT(CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, ' \`', REPLACE(TABLE_NAME, '\`', '\`\`'), '\`') AS thing
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?
  UNION ALL SELECT CONCAT('TRIGGER \`', TRIGGER_NAME, '\`') FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
  UNION ALL SELECT CONCAT(ROUTINE_TYPE, ' \`', ROUTINE_NAME, '\`') FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?
  UNION ALL SELECT CONCAT('EVENT \`', EVENT_NAME, '\`') FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?
) AS things ORDER BY thing`

/** Their rights, too; times of password changes are this server's own, and so is the one who restores. */
async function usersOf(url: string): Promise<string[]> {
  return await lines(
    url,
    `SELECT CONCAT_WS(' ', 'user', User, Host, JSON_REMOVE(Priv, '$.password_last_changed', '$.version_id')) FROM mysql.global_priv
       WHERE User NOT IN ('owner', 'root', 'mariadb.sys')
     UNION ALL SELECT CONCAT_WS(' ', 'role', Host, User, Role, Admin_option) FROM mysql.roles_mapping WHERE User NOT IN ('owner', 'root')
     UNION ALL SELECT CONCAT_WS(' ', 'db', Host, Db, User, Select_priv, Insert_priv, Update_priv, Execute_priv) FROM mysql.db
     UNION ALL SELECT CONCAT_WS(' ', 'table', Host, Db, User, Table_name, Table_priv, Column_priv) FROM mysql.tables_priv WHERE User NOT IN ('mariadb.sys')
     UNION ALL SELECT CONCAT_WS(' ', 'column', Host, Db, User, Table_name, Column_name, Column_priv) FROM mysql.columns_priv
     UNION ALL SELECT CONCAT_WS(' ', 'routine', Host, Db, User, Routine_name, Proc_priv) FROM mysql.procs_priv ORDER BY 1`,
  )
}

/** `lines` of a server's answer; only `SHOW CREATE` gives several a row. */
async function lines(url: string, sql: string, database = ''): Promise<string[]> {
  if (sql === '') return []
  const output = await mariadb(
    url,
    `SET SESSION group_concat_max_len = 1000000, time_zone = '+00:00'; ${sql}`,
    database,
  )
  // A trigger tells when it was made.
  return output
    .replace(/\t\d{4}-\d\d-\d\d [\d:.]+$/gm, '')
    .split('\n')
    .slice(0, -1)
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
