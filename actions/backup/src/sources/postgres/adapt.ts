// What a dump holds that this psql, or the server it goes to, doesn't know.
import { compareVersions } from '../programs.ts'

export interface Reader {
  /** Version of psql. */
  psql: string
  /** Major version of the server. */
  server: number
}

/** Releases of August 2025 made psql know `\restrict`, each on its branch; dumps of pg_dump since then begin with it. */
const RESTRICT_SINCE: Readonly<Record<number, string>> = {
  13: '13.22',
  14: '14.19',
  15: '15.14',
  16: '16.10',
  17: '17.6',
}

/** More than pg_dump's head has before its first statement on anything of the database. */
const HEAD_BYTES = 4096

/** More than what follows the end mark: an `\unrestrict` and a few newlines. */
const TAIL_BYTES = 256

/**
 * The dump as `reader` takes it. Without need nothing is changed: `\restrict` keeps a dump from running programs through psql's own
 * commands, so only a psql that can't read it goes without.
 */
export async function* adaptDump(dump: AsyncIterable<Buffer>, reader: Reader): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  let isHead = true
  let adaptTail = (tail: string): string => tail
  for await (const chunk of dump) {
    held = Buffer.concat([held, chunk])
    if (isHead && held.length < HEAD_BYTES) continue
    if (isHead) {
      const head = adaptHead(held, reader)
      held = head.bytes
      adaptTail = head.adaptTail
      isHead = false
    }
    if (held.length <= TAIL_BYTES) continue
    yield held.subarray(0, -TAIL_BYTES)
    held = Buffer.from(held.subarray(-TAIL_BYTES))
  }
  if (isHead) {
    const head = adaptHead(held, reader)
    held = head.bytes
    adaptTail = head.adaptTail
  }
  yield Buffer.from(adaptTail(held.toString('latin1')), 'latin1')
}

function adaptHead(held: Buffer, { psql, server }: Reader): { bytes: Buffer; adaptTail: (tail: string) => string } {
  let head = held.subarray(0, HEAD_BYTES).toString('latin1')
  // The setting came with 17.
  if (server < 17) head = head.replace(/^SET transaction_timeout = 0;\n/m, '')
  const key = knowsRestrict(psql) ? undefined : /^\\restrict (\w+)\n/m.exec(head)?.[1]
  if (key !== undefined) head = head.replace(`\\restrict ${key}\n`, '')
  return {
    bytes: Buffer.concat([Buffer.from(head, 'latin1'), held.subarray(HEAD_BYTES)]),
    adaptTail: (tail) => (key === undefined ? tail : withoutLast(tail, `\\unrestrict ${key}\n`)),
  }
}

function withoutLast(text: string, part: string): string {
  const index = text.lastIndexOf(part)
  return index === -1 ? text : text.slice(0, index) + text.slice(index + part.length)
}

export function knowsRestrict(psql: string): boolean {
  const since = RESTRICT_SINCE[Number(psql.split('.')[0])]
  return since === undefined ? compareVersions(psql, '18') >= 0 : compareVersions(psql, since) >= 0
}

/**
 * The roles' script for a server that has some of them. A role that is there isn't made again, and the one that restores
 * keeps its own password and rights, or the rest could no longer be restored.
 *
 * @param quoted names of all roles that are there and of the one that restores, as `quote_ident` writes them
 */
export async function* adaptRoles(
  script: AsyncIterable<Buffer>,
  quoted: { existing: readonly string[]; current: string },
): AsyncGenerator<Buffer> {
  const [made, own] = [
    new Set(quoted.existing.map((name) => `CREATE ROLE ${name};`)),
    `ALTER ROLE ${quoted.current} WITH `,
  ]
  const isUnwanted = (line: string): boolean => made.has(line) || line.startsWith(own)
  let rest = ''
  for await (const chunk of script) {
    // latin1 keeps every byte; the names are compared in it, too.
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    const wanted = lines.filter((line) => !isUnwanted(Buffer.from(line, 'latin1').toString()))
    if (wanted.length > 0) yield Buffer.from(`${wanted.join('\n')}\n`, 'latin1')
  }
  if (rest !== '') yield Buffer.from(rest, 'latin1')
}
