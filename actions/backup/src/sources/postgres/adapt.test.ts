import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { adaptDump, adaptRoles, knowsRestrict } from './adapt.ts'

/** In chunks of these sizes, over and over. */
async function* chunks(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function textOf(parts: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all).toString()
}

function dumpOf(body: string, key = 'k3Y'): string {
  return `-- Database "x"\n--\n-- PostgreSQL database dump\n--\n\n\\restrict ${key}\n\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n${body}\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict ${key}\n\n`
}

describe('adaptDump', () => {
  test('changes nothing for a client and a server that know everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 12_000 }),
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }),
        async (body, sizes) => {
          const dump = dumpOf(body)
          expect(await textOf(adaptDump(chunks(dump, sizes), { psql: '17.6', server: 17 }))).toBe(dump)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('takes out what an old psql and an old server do not know, however it is cut, and nothing of the content', async () => {
    // Content that looks like what is taken out.
    const lookAlikes = fc.constantFrom(
      'SET transaction_timeout = 0;',
      '\\restrict other',
      '\\unrestrict k3Y',
      'x'.repeat(3000),
      '완료',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(lookAlikes, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
        async (lines, sizes) => {
          const body = `CREATE TABLE t ();\n${lines.join('\n')}\n${'y'.repeat(400)}\n`
          const adapted = await textOf(adaptDump(chunks(dumpOf(body), sizes), { psql: '15.3', server: 15 }))
          const expected = dumpOf(body)
            .replace('SET transaction_timeout = 0;\n', '')
            .replace('\\restrict k3Y\n', '')
            .replace(/\\unrestrict k3Y\n\n$/, '\n')
          expect(adapted).toBe(expected)
        },
      ),
      { numRuns: 100 },
    )
  })

  test.each([
    ['13.21', false],
    ['15.14', true],
    ['16.9', false],
    ['17.6', true],
    ['12.22', false],
    ['18.0', true],
    ['19.1', true],
  ])('psql %s knows \\restrict: %s', (version, knows) => {
    expect(knowsRestrict(version)).toBe(knows)
  })
})

test('roles that are there are not made again, and the one that restores is left as it is', async () => {
  const script = `CREATE ROLE app;\nALTER ROLE app WITH LOGIN;\nCREATE ROLE "Røle";\nALTER ROLE "Røle" WITH NOLOGIN;\nCREATE ROLE new;\nALTER ROLE owner WITH SUPERUSER;\nALTER ROLE owner SET work_mem TO '8MB';\nend`
  const adapted = adaptRoles(chunks(script, [3, 7]), { existing: ['app', '"Røle"', 'owner'], current: 'owner' })
  expect(await textOf(adapted)).toBe(
    `ALTER ROLE app WITH LOGIN;\nALTER ROLE "Røle" WITH NOLOGIN;\nCREATE ROLE new;\nALTER ROLE owner SET work_mem TO '8MB';\nend`,
  )
})
