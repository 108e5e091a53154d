import { describe, expect, test } from '@jest/globals'
import { parseSources } from './parse.ts'

const refused = (message: RegExp) =>
  expect.objectContaining({ reason: 'invalid-input', message: expect.stringMatching(message) })

describe('a list of sources', () => {
  test('each kind, with its defaults', () => {
    const sources = parseSources(`
- files: { on: 'ssh://backup@10.0.1.10:2222', paths: [/var/www/, /etc/nginx], exclude: ['*.sock'] }
- mysql: { on: kubernetes://shop/deploy/mysql/db, databases: all, user-env: DB_USER, password-env: DB_PASSWORD }
- postgres: { url-env: DATABASE_URL, globals: false, databases: [shop, "with space"], pre: [psql, -c, CHECKPOINT] }
- command: { name: ldap, run: [slapcat, ''], min-bytes: 100 }
- etcd-snapshot:
- ebs-snapshot: { tags: { app: shop } }
- volume-snapshot: { on: kubernetes://shop/pvc/data }
- volume-snapshot: { on: kubernetes://shop/deploy/wiki, claim: wiki, class: fast }
`)
    expect(sources.map(({ id }) => id)).toEqual([
      '1-files',
      '2-mysql',
      '3-postgres',
      '4-command',
      '5-etcd-snapshot',
      '6-ebs-snapshot',
      '7-volume-snapshot',
      '8-volume-snapshot',
    ])
    expect(sources[0]).toEqual({
      id: '1-files',
      kind: 'files',
      on: { kind: 'ssh', user: 'backup', host: '10.0.1.10', port: 2222 },
      hooks: { pre: undefined, post: undefined },
      paths: ['/var/www', '/etc/nginx'],
      exclude: ['*.sock'],
    })
    expect(sources[1]).toMatchObject({
      on: { kind: 'kubernetes', namespace: 'shop', resource: 'deploy', name: 'mysql', container: 'db' },
      databases: 'all',
      server: { userEnv: 'DB_USER', passwordEnv: 'DB_PASSWORD', urlEnv: undefined },
      method: 'dump',
    })
    expect(sources[2]).toMatchObject({
      on: { kind: 'local' },
      hooks: { pre: ['psql', '-c', 'CHECKPOINT'] },
      databases: ['shop', 'with space'],
      globals: false,
    })
    expect(sources[6]).toMatchObject({ on: { namespace: 'shop' }, claim: 'data', snapshotClass: undefined })
    expect(sources[3]).toMatchObject({ run: ['slapcat', ''], minBytes: 100 })
  })

  test.each<[string, RegExp]>([
    ['', /isn't a YAML list/],
    ['a: 1', /isn't a YAML list/],
    ['[]', /empty list/],
    ['- files: {', /isn't valid YAML \(at its line 1\)/],
    ['- nothing', /^Source 1 isn't a map with one key/],
    ['- { files: {}, postgres: {} }', /^Source 1 isn't a map with one key/],
    ['- mongodb: {}', /^Source 1 is of the kind "mongodb"; allowed is one of files, postgres/],
    ['- constructor: {}', /is of the kind "constructor"/],
    ['- files: {}', /^Source 1 \(files\) has no paths\.$/],
    ['- files: { paths: [] }', /has no paths/],
    ['- files: { paths: [www] }', /has a paths that can't be used; allowed is absolute paths/],
    ['- files: { paths: [/var, /var/www] }', /none is inside another/],
    ['- files: { paths: [/, /var] }', /none is inside another/],
    ['- files: { paths: [/a, /a/] }', /none is inside another/],
    ['- files: { paths: ["/a\\u0000b"] }', /a list of texts/],
    ['- files: { paths: [/a], on: ftp://x }', /has a on that can't be used|allowed is local, ssh/],
    ['- files: { paths: [/a], on: "ssh://-oProxyCommand=x" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], on: "ssh://-l@host" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], on: "ssh://host:99999" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], on: "kubernetes://a/b" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], on: "kubernetes://a/--as/b" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], on: "ssm://i-0123456789abcdef0" }', /allowed is local, ssh/],
    ['- files: { paths: [/a], pats: 1 }', /has the unknown key "pats"; allowed are on, pre, post, paths, exclude/],
    ['- postgres: { url-env: "postgres://u:secret@h/d" }', /url-env that can't be used; allowed is the name of an env/],
    ['- postgres: { url-env: A, host: b }', /either url-env or host/],
    ['- mysql: { user: a, user-env: B }', /either user or user-env/],
    ['- postgres: { databases: [] }', /allowed is all, or a list of names/],
    ['- mysql: { method: rsync }', /one of dump, mariabackup/],
    ['- command: { name: x, run: "ls -l" }', /a list: a program and its arguments/],
    ['- command: { name: x, run: [ls], min-bytes: -1 }', /a whole number/],
    ['- ebs-snapshot: {}', /has no volumes/],
    ['- volume-snapshot: { claim: data }', /has a on that can't be used; allowed is kubernetes:/],
    ['- volume-snapshot: { on: kubernetes://shop/deploy/wiki }', /has no claim/],
    ['- volume-snapshot: { on: kubernetes://shop/pvc/data, claim: other }', /has a claim that can't be used/],
    ['- volume-snapshot: { on: kubernetes://shop/pvc/data, class: --all }', /has a class that can't be used/],
    ['- etcd-snapshot: {}\n- etcd-snapshot: {}', /The sources 1-etcd-snapshot and 2-etcd-snapshot are the same/],
  ])('%j is refused', (text, message) => {
    expect(() => parseSources(text)).toThrow(refused(message))
  })

  test('no value of an entry is in an error', () => {
    for (const text of [
      '- postgres: { url-env: "hunter2-hunter2" }',
      '- mysql: { password-env: "hunter2-hunter2!" }',
      '- files: { paths: [hunter2-hunter2] }',
      '- files: { paths: [/a], on: "ssh://root:hunter2-hunter2@host" }',
    ]) {
      expect(() => parseSources(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      )
    }
  })
})
