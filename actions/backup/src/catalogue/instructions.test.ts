import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import type { Sealing } from '../pipeline/sealing.ts'
import { recordOf, sealSmall } from '../pipeline/small.ts'
import { encodeDeleted } from './deleted.ts'
import { catalogueKey } from './document.ts'
import { areAuthentic, type BackupFacts, instructions } from './instructions.ts'
import { deletedKey, dumpKey, type Encryption, indexKey, tarKey } from './keys.ts'
import type { ObjectRecord } from './manifest.ts'

const age = await requirePart('age')
const key = catalogueKey('an index key of at least 32 bytes')
const identity = await generateX25519Identity()
const recipients = [await identityToRecipient(identity)]
const IDS = ['20261101T021700Z-aaaaaa', '20261102T021700Z-bbbbbb', '20261103T021700Z-cccccc'] as const

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-by-hand-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Puts an object into the store, which is a folder, and gives its record. */
async function store(
  id: string,
  object: { key: string; kind: ObjectRecord['kind']; source?: string },
  plain: Buffer,
  how: Sealing['recipients'],
): Promise<ObjectRecord> {
  const stored = await sealSmall(plain, { level: 3, recipients: how })
  const file = join(folder, "the store's", 'shop', id, object.key)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stored)
  return recordOf(object, stored)
}

/** What tar archives of these names below `tree`, as the action does. */
function archive(...names: string[]): Buffer {
  const args = [
    '-c',
    '--format=posix',
    '--no-recursion',
    '--xattrs',
    '--acls',
    '--numeric-owner',
    '-C',
    join(folder, 'tree'),
  ]
  return execFileSync('tar', [...args, '--null', '--verbatim-files-from', '-T-'], {
    input: names.map((name) => `${name}\0`).join(''),
  })
}

function shellOf(text: string): string {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines]) => lines).join('')
}

/** Runs all commands of the text in one bash, with nothing else at hand than what it says. */
function follow(text: string, env: Record<string, string> = {}) {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const program of ['age', 'zstd', 'tar', 'sha256sum', 'cp', 'mkdir', 'rm', 'xargs', 'sed', 'cat']) {
    const path =
      program === 'age' ? age.path : execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()
    if (!existsSync(join(bin, program))) symlinkSync(path, join(bin, program))
  }
  const target = join(folder, 'by hand')
  mkdirSync(target)
  writeFileSync(join(target, 'identity.txt'), `${identity}\n`)
  const bash = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim()
  const { status, stderr, stdout } = spawnSync(bash, ['-s'], {
    cwd: target,
    env: { PATH: bin, ...env },
    input: shellOf(text),
    encoding: 'utf8',
  })
  return { status, stderr, stdout, target }
}

/** Type, mode, time, name and content of everything below a folder. */
function contentOf(root: string): string {
  const list = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%y %m %T@ %n %l %p\\0'], {
    cwd: root,
  }).toString('latin1')
  const files = execFileSync('sh', ['-c', 'find . -type f -print0 | sort -z | xargs -0 sha256sum'], { cwd: root })
  return list.split('\0').sort().join('\n') + files.toString('latin1')
}

/** Three states of a tree, backed up as a chain; gives the facts. */
async function chain(encryption: Encryption): Promise<[BackupFacts, ...BackupFacts[]]> {
  const how = encryption === 'age' ? recipients : 'none'
  const tree = join(folder, 'tree')
  const at = (name: string): string => join(tree, name)
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(at(name)), { recursive: true })
    writeFileSync(at(name), text)
  }
  const backup = async (number: 0 | 1 | 2, volumes: string[][], deleted: string[]): Promise<BackupFacts> => {
    const source = '1-files'
    const objects: ObjectRecord[] = []
    // Ten volumes before the second one, as text sorts them.
    for (const [index, names] of volumes.entries()) {
      const tar = { key: tarKey(source, index * 9 + 1, encryption), kind: 'tar' as const, source }
      objects.unshift(await store(IDS[number], tar, archive(...names), how))
    }
    if (deleted.length > 0) {
      const gone = { key: deletedKey(source, encryption), kind: 'deleted' as const, source }
      objects.push(await store(IDS[number], gone, encodeDeleted(deleted), how))
    }
    return {
      set: 'shop',
      id: IDS[number],
      type: number === 0 ? 'full' : 'incremental',
      encryption,
      startedAt: '2026-11-01T02:17:00Z',
      sources: [{ id: source, kind: 'files', bytesRead: 1 }],
      objects,
    }
  }

  write('www/index.html', 'one')
  write('www/-rf', 'a name like an option')
  write('www/new\nline', 'a name of two lines')
  write('www/old/a', 'goes with its folder')
  write('www/becomes-folder', 'file')
  mkdirSync(join(folder, 'outside'))
  writeFileSync(join(folder, 'outside/keep'), 'not ours')
  symlinkSync(join(folder, 'outside'), at('www/link'))
  linkSync(at('www/index.html'), at('www/same'))
  chmodSync(at('www/old'), 0o750)
  for (const name of ['www/old', 'www']) utimesSync(at(name), 1_700_000_000, 1_700_000_000)
  const full = await backup(
    0,
    [
      ['www', 'www/-rf', 'www/becomes-folder', 'www/index.html', 'www/same', 'www/link'],
      ['www/new\nline', 'www/old', 'www/old/a', 'www'],
    ],
    [],
  )

  rmSync(at('www/-rf'))
  rmSync(at('www/new\nline'))
  rmSync(at('www/old'), { recursive: true })
  // A symlink becomes a folder, and a file, too.
  rmSync(at('www/link'))
  write('www/link/keep', 'ours')
  rmSync(at('www/becomes-folder'))
  write('www/becomes-folder/x', 'inside')
  utimesSync(at('www'), 1_700_000_100, 1_700_000_100)
  const second = await backup(
    1,
    [['www', 'www/link', 'www/link/keep', 'www/becomes-folder', 'www/becomes-folder/x']],
    ['www/-rf', 'www/new\nline', 'www/old', 'www/old/a', 'www/link', 'www/becomes-folder'],
  )

  rmSync(at('www/link/keep'))
  rmSync(at('www/becomes-folder'), { recursive: true })
  symlinkSync('link', at('www/becomes-folder'))
  write('www/new', 'added')
  const third = await backup(
    2,
    [['www', 'www/link', 'www/becomes-folder', 'www/new']],
    ['www/link/keep', 'www/becomes-folder'],
  )
  return [full, second, third]
}

age.describe('the commands of RESTORE.md', () => {
  test.each(['age', 'none'] as const)(
    'restore a chain with deletions and changed types (encryption: %s)',
    async (encryption) => {
      const text = instructions({ chain: await chain(encryption), address: `file://${folder}/the store's` }, key)
      const { status, stderr, target } = follow(text)
      expect([status, stderr]).toEqual([0, ''])
      expect(contentOf(join(target, 'restored/1-files'))).toBe(contentOf(join(folder, 'tree')))
      expect(readFileSync(join(folder, 'outside/keep'), 'utf8')).toBe('not ours')
    },
  )

  test('stop at an object that was changed, before anything is unpacked', async () => {
    const facts = await chain('age')
    const file = join(folder, "the store's", 'shop', IDS[0], facts[0].objects[0]?.key ?? '')
    const changed = readFileSync(file)
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1)
    writeFileSync(file, changed)
    const { status, target } = follow(instructions({ chain: facts, address: `file://${folder}/the store's` }, key))
    expect(status).not.toBe(0)
    expect(readdirSync(target)).not.toContain('restored')
  })

  test('put dumps into their databases, one of them from several pieces, and the rest into files', async () => {
    const [id] = IDS
    const sql = randomBytes(1000)
    const put = (source: string, name: string, plain: Uint8Array) =>
      store(id, { key: name, kind: 'dump', source }, Buffer.from(plain), recipients)
    const postgres = (number: number, piece: number) =>
      dumpKey({ source: '1-postgres', number, extension: 'sql' }, piece, 'age')
    const facts: BackupFacts = {
      set: 'shop',
      id,
      type: 'full',
      encryption: 'age',
      startedAt: '2026-11-01T02:17:00Z',
      sources: ['postgres', 'mysql', 'command', 'etcd-snapshot'].map((kind, i) => ({
        id: `${i + 1}-${kind}`,
        kind,
        bytesRead: 1,
      })),
      objects: [
        await put('1-postgres', postgres(2, 1), sql.subarray(500, 900)),
        await put('1-postgres', postgres(2, 2), sql.subarray(900)),
        await put('1-postgres', postgres(2, 0), sql.subarray(0, 500)),
        await put('2-mysql', dumpKey({ source: '2-mysql', extension: 'sql' }, 0, 'age'), Buffer.from('maria')),
        await put('3-command', dumpKey({ source: '3-command', extension: 'bin' }, 0, 'age'), Buffer.from('bytes')),
        await store(id, { key: indexKey('age'), kind: 'index' }, Buffer.from('{"names":"here"}\nrest\0'), recipients),
      ],
    }
    mkdirSync(join(folder, 'bin'))
    for (const client of ['psql', 'mariadb']) {
      // Stand for the clients: they keep what they get, beside their arguments.
      writeFileSync(
        join(folder, 'bin', client),
        `#!/bin/sh\necho "$PGDATABASE" "$@" > ${client}.args\nexec cat > ${client}.in\n`,
        {
          mode: 0o755,
        },
      )
    }
    const text = instructions({ chain: [facts], address: `file://${folder}/the store's` }, key)
    const { status, stdout, target } = follow(text, { database: 'my db' })
    expect([status, stdout]).toEqual([0, '{"names":"here"}\n'])
    expect(readFileSync(join(target, 'psql.in')).equals(sql)).toBe(true)
    expect(readFileSync(join(target, 'psql.args'), 'utf8')).toBe('my db -X -q -v ON_ERROR_STOP=1\n')
    expect(readFileSync(join(target, 'mariadb.in'), 'utf8')).toBe('maria')
    expect(readFileSync(join(target, 'restored/3-command.bin'), 'utf8')).toBe('bytes')
  })
})

describe('instructions', () => {
  const facts: BackupFacts = {
    set: 'shop',
    id: IDS[0],
    type: 'full',
    encryption: 'age',
    startedAt: '2026-11-01T02:17:00Z',
    sources: [{ id: '1-files', kind: 'files', bytesRead: 1 }],
    objects: [{ key: 'data/1-files.1.tar.zst.age', kind: 'tar', source: '1-files', bytes: 1, sha256: 'a'.repeat(64) }],
  }

  test('for a bucket', () => {
    const text = instructions(
      { chain: [facts], address: "s3://acme/it's", endpoint: 'https://s3.example.com', region: 'eu-central-1' },
      undefined,
    )
    expect(shellOf(text)).toBe(`set -euo pipefail
from='s3://acme/it'\\''s'
aws s3 cp --recursive --endpoint-url 'https://s3.example.com' --region 'eu-central-1' "$from"/shop/${IDS[0]}/ ${IDS[0]}/
sha256sum --check --quiet <<'END'
${'a'.repeat(64)}  ${IDS[0]}/data/1-files.1.tar.zst.age
END
mkdir -p restored
mkdir restored/1-files
age -d -i identity.txt ${IDS[0]}/data/1-files.1.tar.zst.age | zstd -d | tar -x -p --numeric-owner --xattrs --xattrs-include='*' --acls --delay-directory-restore -C restored/1-files
`)
  })

  test('without encryption nothing is said of age', () => {
    expect(instructions({ chain: [{ ...facts, encryption: 'none' }], address: 's3://acme' }, undefined)).not.toMatch(
      /age -d|age,|identity/,
    )
  })

  test('are authentic as they are, and after no change', () => {
    if (key === undefined) throw new Error('no key')
    const text = instructions({ chain: [facts], address: 's3://acme' }, key)
    expect(areAuthentic(text, key)).toBe(true)
    expect(areAuthentic(instructions({ chain: [facts], address: 's3://acme' }, undefined), key)).toBe(false)
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 3 }), fc.nat(3), (at, put, cut) => {
        const changed = text.slice(0, at) + put + text.slice(at + cut)
        expect(areAuthentic(changed, key)).toBe(changed === text)
      }),
    )
  })
})
