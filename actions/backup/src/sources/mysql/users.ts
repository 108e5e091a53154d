import type { Family } from './connection.ts'
import { literal, queryRows, type Session } from './session.ts'

export interface UsersScripts {
  /** Users, roles, who has which, and rights on the server and on databases: before the dumps, whose views need their definers' rights. */
  users: string
  /** Rights on tables, columns and routines, which have to be there. */
  rights: string
}

/**
 * Users, roles and rights as SQL, from the server's own SHOW CREATE USER and SHOW GRANTS. `mysqldump` can't write them, and what
 * `mariadb-dump --system=users` writes sets the password of the user who restores in the middle of it. Users who are there keep theirs.
 */
export async function usersScripts(session: Session, family: Family): Promise<UsersScripts> {
  const accounts = await listAccounts(session, family)
  const made = await createStatements(session, family, accounts)
  const granted = await grantStatements(session, accounts)
  const isLate = (statement: string): boolean => ON_A_THING.test(statement)
  return {
    users: scriptOf('Users, roles, and their rights on the server and on databases', [
      ...made.users,
      ...granted.filter((one) => !isLate(one)),
      ...made.defaultRoles,
    ]),
    rights: scriptOf('Rights on tables, columns and routines', granted.filter(isLate)),
  }
}

interface Account {
  /** As SQL names it. */
  name: string
  isRole: boolean
}

/** Every server has its own of these. */
const SYSTEM_USERS = ['mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema']

async function listAccounts(session: Session, family: Family): Promise<Account[]> {
  const isRole = family === 'mariadb' ? 'is_role' : "'N'"
  const rows = await queryRows(session, `SELECT User, Host, ${isRole} FROM mysql.user ORDER BY 3 DESC, 1, 2`)
  return rows
    .filter(([user = '']) => !SYSTEM_USERS.includes(user))
    .map(([user = '', host = '', role]) =>
      role === 'Y'
        ? { name: user === 'PUBLIC' ? user : literal(user), isRole: true }
        : { name: `${literal(user)}@${literal(host)}`, isRole: false },
    )
}

/** MySQL's roles are users, and may be named before they are made. */
const DEFAULT_ROLE = / DEFAULT ROLE ((?:,?(?:`(?:[^`]|``)*`@`(?:[^`]|``)*`))+)/

/** Hashes may hold any byte, which only hexadecimal digits bring through (MySQL's manual, "print_identified_with_as_hex"). */
const HASHES = 'SET SESSION print_identified_with_as_hex = ON;'

async function createStatements(
  session: Session,
  family: Family,
  accounts: readonly Account[],
): Promise<{ users: string[]; defaultRoles: string[] }> {
  const roles = accounts.filter(({ isRole, name }) => isRole && name !== 'PUBLIC')
  const people = accounts.filter(({ isRole }) => !isRole)
  const shown = await show(session, 'SHOW CREATE USER', people, family === 'mysql' ? HASHES : '')
  return {
    users: [
      ...roles.map(({ name }) => `CREATE ROLE IF NOT EXISTS ${name}`),
      ...shown.map((one) => one.replace(/^CREATE USER /, 'CREATE USER IF NOT EXISTS ').replace(DEFAULT_ROLE, '')),
    ],
    defaultRoles: shown.flatMap((one, index) => {
      const role = DEFAULT_ROLE.exec(one)?.[1]
      return role === undefined ? [] : [`ALTER USER ${people[index]?.name} DEFAULT ROLE ${role}`]
    }),
  }
}

/** MariaDB repeats the password in the first grant, which would set that of a user who is there. */
const PASSWORD = / IDENTIFIED (?:BY PASSWORD|VIA) (?:'(?:[^'\\]|\\.|'')*'|[^'])*?(?= REQUIRE | WITH |$)/

/** Nobody but a new server's own root may grant it, and that one has it. */
const ANYBODY = /^GRANT PROXY ON (?:``|'')@(?:`%`|'%')/

/** ``ON `db`.`table` TO``, also of a routine; not ``ON `db`.* TO``, `ON *.* TO`, and a role's grant. */
const ON_A_THING = / ON (?:[A-Z ]+ )?`(?:[^`]|``)+`\.`(?:[^`]|``)+` TO /

async function grantStatements(session: Session, accounts: readonly Account[]): Promise<string[]> {
  const shown = await show(session, 'SHOW GRANTS FOR', accounts, '')
  return shown.filter((one) => !ANYBODY.test(one)).map((one) => one.replace(PASSWORD, ''))
}

async function show(session: Session, what: string, accounts: readonly Account[], first: string): Promise<string[]> {
  const rows = await queryRows(session, [first, ...accounts.map(({ name }) => `${what} ${name};`)].join('\n'))
  return rows.map(([statement = '']) => statement)
}

function scriptOf(title: string, statements: readonly string[]): string {
  return `-- ${title}\n\nSET NAMES utf8mb4;\n${statements.map((one) => `${one};\n`).join('')}\n-- Dump completed\n`
}
