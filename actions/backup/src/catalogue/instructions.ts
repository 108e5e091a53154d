import { equalInConstantTime, keyedDigest } from '../../../../lib/crypto/fingerprint.ts'
import type { CatalogueKey } from './document.ts'
import { readDataKey } from './keys.ts'
import type { Manifest, ObjectRecord } from './manifest.ts'

/** What RESTORE.md is about: the backup, and those that it needs. */
export interface InstructionFacts {
  /** From the full backup on, the one that the text is for at the end; its objects so far, index included. */
  chain: readonly [BackupFacts, ...BackupFacts[]]
  /** Where the store lies: `s3://bucket/prefix` or `file:///path`, no slash behind. */
  address: string
  /** Of an S3 store that isn't Amazon's. */
  endpoint?: string
  region?: string
}

export type BackupFacts = Pick<Manifest, 'set' | 'id' | 'type' | 'encryption' | 'startedAt' | 'sources' | 'objects'>

/**
 * RESTORE.md: how to restore this backup with bash, zstd, GNU tar and age alone, in commands that can be run as they stand.
 * Names nothing that isn't in clear in the bucket anyway. With a key its last line authenticates all before it.
 */
export function instructions(facts: InstructionFacts, key: CatalogueKey): string {
  const backup = facts.chain.at(-1) ?? facts.chain[0]
  const text = [
    ...introduction(backup, facts),
    ...download(facts),
    ...check(facts.chain, backup),
    ...backup.sources.flatMap(({ id }) => files(id, facts.chain)),
    ...dumps(backup),
  ].join('\n')
  return key ? `${text}\n${macLine(text, key)}\n` : `${text}\n`
}

/** Whether the text is as `instructions` made it under this key. */
export function areAuthentic(text: string, key: Uint8Array): boolean {
  const end = text.lastIndexOf('\n<!-- ')
  return end !== -1 && equalInConstantTime(text.slice(end + 1), `${macLine(text.slice(0, end), key)}\n`)
}

function macLine(text: string, key: Uint8Array): string {
  return `<!-- HMAC-SHA256 of all before this line: ${keyedDigest(key, `RESTORE.md\n${text}`)} -->`
}

function introduction({ set, id, type, startedAt, encryption }: BackupFacts, { chain }: InstructionFacts): string[] {
  const isEncrypted = encryption === 'age'
  const programs = `bash, ${isEncrypted ? 'age, ' : ''}zstd, GNU tar, sha256sum`
  return [
    `# Restoring ${id} of ${set} by hand`,
    '',
    `A backup (${type}) of ${startedAt}. Restoring it needs ${programs}, and nothing of the program that made it.`,
    ...(chain.length === 1 ? [] : ['It builds upon older ones. All of these are needed, in this order:', '']),
    ...(chain.length === 1 ? [] : chain.map((each, index) => `${index + 1}. \`${each.id}\` (${each.type})`)),
    '',
    'Run the commands one after the other in one bash, in an empty folder on a disk with enough room; as root, if owners are to',
    'come back, too. They stop at the first error.',
    ...(isEncrypted
      ? [
          '',
          '`identity.txt` is a file with the secret key (`AGE-SECRET-KEY-…`) of one of the recipients. Put it into that folder.',
        ]
      : []),
    '',
  ]
}

function download({ chain, address, endpoint, region }: InstructionFacts): string[] {
  const isFolder = address.startsWith('file://')
  const from = isFolder ? address.slice('file://'.length) : address
  const options = [
    ...(endpoint === undefined ? [] : [` --endpoint-url ${quoted(endpoint)}`]),
    ...(region === undefined ? [] : [` --region ${quoted(region)}`]),
  ].join('')
  const copy = ({ set, id }: BackupFacts): string =>
    isFolder ? `cp -R "$from"/${set}/${id} ${id}` : `aws s3 cp --recursive${options} "$from"/${set}/${id}/ ${id}/`
  return [
    '## 1. Get the objects',
    '',
    'If this file was found in a copy of the store, write the address of the copy behind `from=`. Any other program that',
    'downloads these folders will do, too.',
    '',
    ...commands('set -euo pipefail', `from=${quoted(from)}`, ...chain.map(copy)),
  ]
}

/** For a POSIX shell. Control characters, which an address can't have, would deceive the reader. */
function quoted(text: string): string {
  return `'${text.replace(/\p{Cc}/gu, '').replaceAll("'", "'\\''")}'`
}

function check(chain: readonly BackupFacts[], backup: BackupFacts): string[] {
  const needed = chain.flatMap((each) =>
    each.objects
      .filter(({ kind }) => kind === 'tar' || kind === 'deleted' || (each === backup && kind !== 'instructions'))
      .map(({ key, sha256 }) => `${sha256}  ${each.id}/${key}`),
  )
  return ['## 2. See that they are whole', '', ...commands("sha256sum --check --quiet <<'END'", ...needed, 'END')]
}

function files(source: string, chain: readonly BackupFacts[]): string[] {
  const steps = chain.flatMap((backup) => filesOf(source, backup))
  if (steps.length === 0) return []
  return [
    `## Files of ${source}`,
    '',
    `They come into the new folder \`restored/${source}\`, each under its path. Deletions are made before anything is unpacked`,
    'over them: then every folder on the way to them is one, and no symlink.',
    '',
    ...commands(`mkdir -p restored`, `mkdir restored/${source}`, ...steps),
  ]
}

const EXTRACT = "tar -x -p --numeric-owner --xattrs --xattrs-include='*' --acls --delay-directory-restore"

function filesOf(source: string, backup: BackupFacts): string[] {
  const own = backup.objects.filter((object) => object.source === source)
  const deletions = own
    .filter(({ kind }) => kind === 'deleted')
    .map((object) => `${plain(backup, [object])} | (cd restored/${source} && xargs -0 -r rm -rf --)`)
  const volumes = own
    .filter(({ kind }) => kind === 'tar')
    .sort((a, b) => readDataKey(a.key).volume - readDataKey(b.key).volume)
    .map((object) => `${plain(backup, [object])} | ${EXTRACT} -C restored/${source}`)
  return [...deletions, ...volumes]
}

function dumps(backup: BackupFacts): string[] {
  const streams = Map.groupBy(
    backup.objects.filter(({ kind }) => kind === 'dump'),
    ({ key }) => readDataKey(key).stream,
  )
  if (streams.size === 0) return []
  const index = backup.objects.filter(({ kind }) => kind === 'index')
  return [
    '## Dumps',
    '',
    ...(index.length === 0 ? [] : namesOfDumps(plain(backup, index))),
    ...[...streams]
      .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
      .flatMap(([stream, pieces]) => dump(backup, stream, pieces)),
  ]
}

function namesOfDumps(readIndex: string): string[] {
  return [
    'What each of them is stands in the first line of the index, which is JSON: databases by name, and those whose role is',
    '`globals` (roles, users, the databases themselves), which go into the database `postgres` or `mysql`. The order is that of',
    'the numbers. For `roles` set `stop=0` before, and `stop=1` after: each role that is there already is told as an error, and',
    'gets its old password; so work as one whose name the backup does not have.',
    '',
    ...commands(`${readIndex} | LC_ALL=C sed -n 1p`),
  ]
}

function dump(backup: BackupFacts, stream: string, records: readonly ObjectRecord[]): string[] {
  const pieces = records.toSorted((a, b) => readDataKey(a.key).piece - readDataKey(b.key).piece)
  const kind = backup.sources.find(({ id }) => id === records[0]?.source)?.kind
  return [`### ${stream}`, '', ...howToRestore(plain(backup, pieces), stream, kind)]
}

const DATABASE = `"\${database:?the name of an empty database}"`

function howToRestore(bytes: string, stream: string, kind: string | undefined): string[] {
  const { extension } = readDataKey(`data/${stream}.zst`)
  if (extension === 'sql' && (kind === 'postgres' || kind === 'mysql')) {
    // Neither takes every name as an argument of its own: one may begin with a dash, or look like a connection string.
    const [program, command] =
      kind === 'postgres'
        ? ['psql', `PGDATABASE=${DATABASE} psql -X -q -v ON_ERROR_STOP="\${stop:-1}"`]
        : ['mariadb', `mariadb --database=${DATABASE}`]
    return [
      `Set \`database\` to the name of an empty database first (and ${program}'s own settings for server and user).`,
      '',
      ...commands(`${bytes} | ${command}`),
    ]
  }
  const target = `restored/${stream}`
  if (extension === 'tar') return commands(`mkdir -p ${target}`, `${bytes} | ${EXTRACT} -C ${target}`)
  if (extension === 'mbstream') return commands(`mkdir -p ${target}`, `${bytes} | mbstream -x -C ${target}`)
  return commands('mkdir -p restored', `${bytes} > ${target}`)
}

/** The command that writes what was backed up: pieces are decrypted one by one, and unpacked as one stream. */
function plain({ id, encryption }: BackupFacts, objects: readonly ObjectRecord[]): string {
  const paths = objects.map(({ key }) => `${id}/${key}`)
  if (encryption === 'none') return `cat ${paths.join(' ')} | zstd -d`
  const decrypt = paths.map((path) => `age -d -i identity.txt ${path}`)
  return decrypt.length === 1 ? `${decrypt} | zstd -d` : `(${decrypt.join(' && ')}) | zstd -d`
}

function commands(...lines: string[]): string[] {
  return ['```sh', ...lines, '```', '']
}
