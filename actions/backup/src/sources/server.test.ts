import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mysqlConnectionOf } from './mysql/connection.ts'
import { postgresConnection, postgresConnectionOf } from './postgres/connection.ts'
import { parseAddress } from './server.ts'

describe('an address', () => {
  test('gives back whatever was percent-encoded into it', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(part, part, part, part, (user, password, database, value) => {
        const [u, p, d, v] = [user, password, database, value].map(encodeURIComponent)
        const address = parseAddress('It', `postgres://${u}:${p}@db.internal:5433/${d}?a=${v}`, ['postgres'])
        expect(address).toEqual({
          hosts: [{ host: 'db.internal', port: '5433' }],
          user,
          password,
          database,
          parameters: new Map([['a', value]]),
        })
      }),
    )
  })

  test.each([
    ['postgres://', [], undefined],
    ['postgres:///shop', [], 'shop'],
    ['postgresql://%2Frun%2Fpostgresql/shop', [{ host: '/run/postgresql', port: '' }], 'shop'],
    [
      'postgres://a:1,b,[::1]:3/shop',
      [
        { host: 'a', port: '1' },
        { host: 'b', port: '' },
        { host: '::1', port: '3' },
      ],
      'shop',
    ],
    ['postgres://a?sslmode=require', [{ host: 'a', port: '' }], undefined],
    ['postgresql+psycopg://u:p%40@a/x', [{ host: 'a', port: '' }], 'x'],
    ['postgres://u:p@w@a/x', [{ host: 'a', port: '' }], 'x'],
  ])('%s', (text, hosts, database) => {
    expect(parseAddress('It', text, ['postgres', 'postgresql'])).toMatchObject({ hosts, database })
  })

  test.each([
    'mysql://a/x',
    'secret-word',
    'postgres://u:secret%zz@a',
    'postgres://a:b:c/x',
    'postgres://u:secret%00@a',
  ])('that is none is refused without being shown: %s', (text) => {
    const parse = (): unknown => parseAddress('The variable X', text, ['postgres'])
    expect(parse).toThrow(expect.objectContaining({ reason: 'invalid-input' }))
    expect(parse).not.toThrow(/secret/)
  })
})

describe("PostgreSQL's variables", () => {
  test('are all that an address says', () => {
    const url =
      'postgres://u:p%25w@h:5433/d%20b?sslmode=verify-full&sslrootcert=/ca.pem&schema=public&connection_limit=5'
    expect(postgresConnectionOf('It', url)).toEqual({
      env: {
        PGHOST: 'h',
        PGPORT: '5433',
        PGUSER: 'u',
        PGPASSWORD: 'p%w',
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: '/ca.pem',
        PGCONNECT_TIMEOUT: '30',
        LC_ALL: 'C',
      },
      database: 'd b',
      host: 'h',
      port: '5433',
      secrets: ['p%w'],
    })
  })

  test.each(['sslmode=no-verify', 'sslaccept=strict', 'sslpassword=x', 'gssfoo=1'])(
    'never lose what is said on encryption: %s',
    (query) => {
      expect(() => postgresConnectionOf('It', `postgres://h/d?${query}`)).toThrow(
        expect.objectContaining({ reason: 'invalid-input' }),
      )
    },
  )

  const keys = {
    urlEnv: undefined,
    host: 'db',
    port: undefined,
    user: undefined,
    userEnv: 'DB_USER',
    passwordEnv: 'DB_PASSWORD',
  }

  test('come from variables of the step', () => {
    const { env } = postgresConnection('The source 1-postgres', keys, { DB_USER: 'u', DB_PASSWORD: 'p' })
    expect(env).toMatchObject({ PGHOST: 'db', PGUSER: 'u', PGPASSWORD: 'p' })
    expect(env).not.toHaveProperty('PGPORT')
  })

  test('a variable that is not there is named', () => {
    expect(() => postgresConnection('The source 1-postgres', keys, { DB_USER: 'u' })).toThrow(
      'The source 1-postgres names the variable DB_PASSWORD, which',
    )
  })
})

describe("MySQL's arguments", () => {
  test('have everything but the password', () => {
    const connection = mysqlConnectionOf(
      'It',
      'mysql://u:p%25w@localhost:3307/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.pem&charset=utf8',
    )
    const common = ['--no-defaults', '--protocol=tcp', '--host=localhost', '--port=3307', '--user=u']
    expect(connection.args('mysql')).toEqual([...common, '--ssl-mode=VERIFY_IDENTITY', '--ssl-ca=/ca.pem'])
    expect(connection.args('mariadb')).toEqual([...common, '--ssl', '--ssl-verify-server-cert', '--ssl-ca=/ca.pem'])
    expect(connection).toMatchObject({ env: { MYSQL_PWD: 'p%w' }, database: 'd', secrets: ['p%w'], mustEncrypt: true })
  })

  test('a socket is one', () => {
    const connection = mysqlConnectionOf('It', 'mysql://root@localhost/d?socket=/run/mysqld/mysqld.sock')
    expect(connection.args('mysql')).toEqual([
      '--no-defaults',
      '--protocol=socket',
      '--socket=/run/mysqld/mysqld.sock',
      '--user=root',
    ])
    expect(connection.host).toBeUndefined()
  })

  test.each(['tls=skip-verify', 'ssl-mode=maybe', 'sslaccept=strict'])(
    'never lose what is said on encryption: %s',
    (query) => {
      expect(() => mysqlConnectionOf('It', `mysql://h/d?${query}`)).toThrow(
        expect.objectContaining({ reason: 'invalid-input' }),
      )
    },
  )
})
