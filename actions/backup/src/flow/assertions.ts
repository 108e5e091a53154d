import { describeError } from '../../../../lib/action/errors.ts'
import type { Place } from '../places/place.ts'
import { type Assertion, type Expectation, type Scratch, shortfall } from '../rehearse/rehearsal.ts'
import { mysqlTargetOf, queryMysqlScalar } from '../sources/mysql/restore.ts'
import { postgresTargetOf, queryPostgresScalar } from '../sources/postgres/restore.ts'

export interface Checked {
  what: string
  found: string
  expected: string
  /** Why it doesn't hold, in a sentence. */
  problem?: string
}

const MOST_SHOWN = 120
const HTTP_MS = 30_000
const HTTP_BYTES = 1024 * 1024

/** Checks one assertion about what was restored. One that can't be asked at all doesn't hold. */
export async function checkAssertion(
  assertion: Assertion,
  to: readonly Scratch[],
  place: Place,
  stop: AbortSignal,
): Promise<Checked> {
  const what = describe(assertion)
  const expected = expectedWords(assertion.expected)
  try {
    const found = await ask(assertion, to, place, stop)
    const flaw = shortfall(found, assertion.expected)
    const shown = shorten(found)
    return {
      what,
      found: shown,
      expected,
      ...(flaw === undefined ? {} : { problem: `${what} gives ${JSON.stringify(shown)}, which ${flaw}.` }),
    }
  } catch (error) {
    stop.throwIfAborted()
    return { what, found: '', expected, problem: `${what} failed: ${describeError(error)}` }
  }
}

function ask(assertion: Assertion, to: readonly Scratch[], place: Place, stop: AbortSignal): Promise<string> {
  switch (assertion.kind) {
    case 'sql':
      return askDatabase(assertion.query, to, place)
    case 'command':
      return askCommand(assertion.argv, to, place)
    case 'http':
      return askAddress(assertion.url, stop)
  }
}

async function askDatabase(query: string, to: readonly Scratch[], place: Place): Promise<string> {
  const database = to.find((scratch) => scratch.kind !== 'folder')
  if (database === undefined) throw new Error('no database was restored that it could ask')
  const what = 'The address to rehearse in'
  return database.kind === 'postgres'
    ? await queryPostgresScalar(postgresTargetOf(place, what, database.url), query)
    : await queryMysqlScalar(mysqlTargetOf(place, what, database.url), query)
}

async function askCommand(argv: readonly string[], to: readonly Scratch[], place: Place): Promise<string> {
  const folder = to.find((scratch) => scratch.kind === 'folder')?.path
  const [program, ...args] = argv as [string, ...string[]]
  const { code, signal, stdout, stderr } = await place.run({
    argv: [program, ...args],
    ...(folder === undefined ? {} : { cwd: folder }),
  })
  if (code === 0) return stdout.toString('utf8').trimEnd()
  throw new Error(
    `it ended with ${signal ?? `code ${code}`}${stderr.trim() === '' ? '' : `: ${shorten(stderr.trim())}`}`,
  )
}

async function askAddress(url: string, stop: AbortSignal): Promise<string> {
  const reply = await fetch(url, { signal: AbortSignal.any([stop, AbortSignal.timeout(HTTP_MS)]), redirect: 'follow' })
  const body = reply.body === null ? Buffer.alloc(0) : await bodyOf(reply)
  if (reply.ok) return body.toString('utf8').trimEnd()
  throw new Error(`the answer was ${reply.status}`)
}

async function bodyOf(reply: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > HTTP_BYTES) throw new Error(`the answer has more than ${HTTP_BYTES} bytes`)
  }
  return Buffer.concat(chunks)
}

/** As it was written, for people. */
function describe(assertion: Assertion): string {
  if (assertion.kind === 'sql') return `\`${shorten(assertion.query.replace(/\s+/g, ' ').replaceAll('`', "'"))}\``
  if (assertion.kind === 'command') return `\`${shorten(assertion.argv.join(' ').replaceAll('`', "'"))}\``
  return `\`${shorten(assertion.url)}\``
}

function expectedWords({ equals, min, max, matches }: Expectation): string {
  const words = [
    ...(equals === undefined ? [] : [`equals \`${equals}\``]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(matches === undefined ? [] : [`matches \`${matches.source}\``]),
  ]
  return words.length === 0 ? 'works' : words.join(', ')
}

function shorten(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}
