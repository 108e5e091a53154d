import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Postgres, runStatement, startPostgres } from './support/postgres.ts'
import { kill, type Replica, readyzIs, startReplica } from './support/replica.ts'

const hour = 3_600_000
// A whole hour, as forms know no seconds.
const firstSlot = Math.ceil(Date.now() / hour) * hour
let postgres: Postgres
let database: string
let replica: Replica
let slots = 0

before(async () => {
  postgres = await startPostgres()
  database = await postgres.createDatabase()
  replica = await startReplica({ DATABASE_URL: database })
  await readyzIs(200, replica)
})
after(async () => {
  await kill(replica)
  await postgres?.remove()
})

/** A booking for an hour that no other test takes. */
function booking(changes: Record<string, unknown> = {}): Record<string, unknown> {
  slots += 1
  const start = firstSlot + slots * hour
  return { title: 'Retrospective', bookedBy: 'author', start: iso(start), end: iso(start + hour), ...changes }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

async function send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const init = body === undefined ? { method } : { method, body: text, headers: { 'content-type': type } }
  const response = await fetch(replica.url + path, { ...init, redirect: 'manual' })
  const answer = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answer) : { text: answer } }
}

const add = (body: unknown): Promise<Answer> => send('POST', '/api/bookings', body)

describe('bookings', () => {
  test('one is made, found, listed and cancelled', async () => {
    const wanted = booking({ note: 'Two lines\nof a note' })
    const made = await add(wanted)
    assert.equal(made.status, 201)
    const { id, createdAt, ...rest } = made.body
    assert.deepEqual(rest, wanted)
    const path = `/api/bookings/${id}`
    assert.equal(made.headers.get('location'), path)
    assert.deepEqual((await send('GET', path)).body, { id, createdAt, ...rest })
    const listed = (await send('GET', '/api/bookings?limit=200')).body['bookings'] as { id: string }[]
    assert.ok(listed.some((entry) => entry.id === id))
    assert.equal((await send('DELETE', path)).status, 204)
    assert.equal((await send('GET', path)).status, 404)
    assert.equal((await send('DELETE', path)).status, 404)
  })

  test('times with an offset are the same instants', async () => {
    const { body } = await add(booking({ start: '2099-01-01T00:00:00+09:00', end: '2099-01-01T01:00:00+09:00' }))
    assert.match(String(body['detail']), /within the next 366 days/)
    const wanted = booking()
    const seoul = (text: unknown): string =>
      new Date(Date.parse(String(text)) + 9 * hour).toISOString().replace('Z', '+09:00')
    const made = await add({ ...wanted, start: seoul(wanted['start']), end: seoul(wanted['end']) })
    assert.equal(made.body['start'], wanted['start'])
    assert.equal(made.body['end'], wanted['end'])
  })

  test('they are listed by their start, from a moment on', async () => {
    const [first, second, third] = [booking(), booking(), booking()]
    for (const wanted of [third, first, second]) assert.equal((await add(wanted)).status, 201)
    const { body } = await send('GET', `/api/bookings?from=${second['start']}&limit=2`)
    const starts = (body['bookings'] as { start: string }[]).map(({ start }) => start)
    assert.deepEqual(starts, [second['start'], third['start']])
  })

  test('of twenty that overlap and come at once one is made', async () => {
    const wanted = booking()
    const start = Date.parse(String(wanted['start']))
    const rivals = Array.from({ length: 20 }, (_, index) =>
      add({ ...wanted, start: iso(start + index * 60_000), end: iso(start + 30 * 60_000 + index * 60_000) }),
    )
    const statuses = (await Promise.all(rivals)).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [201, ...Array(19).fill(409)])
  })

  test('one may begin when another ends', async () => {
    const first = booking()
    const second = { ...booking(), start: first['end'], end: iso(Date.parse(String(first['end'])) + 60_000) }
    slots += 1
    assert.equal((await add(first)).status, 201)
    assert.equal((await add(second)).status, 201)
  })
})

describe('what is refused', () => {
  const past = iso(Date.now() - 2 * hour)
  const cases: [string, number, () => unknown][] = [
    ['nothing', 400, () => ''],
    ['no JSON', 400, () => '{"title":'],
    ['a list', 400, () => []],
    ['a missing field', 400, () => booking({ bookedBy: undefined })],
    ['a field too many', 400, () => booking({ id: 'mine' })],
    ['a number as title', 400, () => booking({ title: 7 })],
    ['a title of spaces', 400, () => booking({ title: '  \u00a0 ' })],
    ['a title with NUL', 400, () => booking({ title: 'a\u0000b' })],
    ['a title with a line break', 400, () => booking({ title: 'a\nb' })],
    ['half a character', 400, () => booking({ title: 'a\ud800b' })],
    ['a title that is too long', 400, () => booking({ title: 'x'.repeat(121) })],
    ['a time without a zone', 400, () => booking({ start: '2030-01-01T10:00:00' })],
    ['a day that does not exist', 400, () => booking({ start: '2030-02-30T10:00:00Z' })],
    ['a leap second', 400, () => booking({ end: '2030-12-31T23:59:60Z' })],
    ['an end before the start', 400, () => booking({ end: past })],
    ['a booking that is over', 400, () => booking({ start: past, end: iso(Date.now() - hour) })],
    ['a booking without an end', 400, () => booking({ end: iso(Date.now() + 300 * 24 * hour) })],
    ['a body of 20 kB', 413, () => booking({ note: 'x'.repeat(20_000) })],
    ['__proto__', 400, () => '{"__proto__":{"title":"x"},"title":"x"}'],
  ]
  for (const [name, status, body] of cases) {
    test(`${name}: ${status}`, async () => {
      const answer = await add(body())
      assert.equal(answer.status, status)
      assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/)
      assert.equal(answer.body['status'], status)
      assert.equal(typeof answer.body['detail'], 'string')
    })
  }

  for (const [method, path, status] of [
    ['GET', '/api/bookings/7', 400],
    ['GET', '/api/bookings/00000000-0000-0000-0000-000000000000', 404],
    ['GET', "/api/bookings/'%20OR%201=1--", 400],
    ['GET', '/api/bookings?limit=0', 400],
    ['GET', '/api/bookings?limit=201', 400],
    ['GET', '/api/bookings?limit=1&limit=2', 400],
    ['GET', '/api/bookings?from=2030-12-31T23:59:60Z', 400],
    ['GET', '/api/bookings?sort=title', 400],
    ['GET', '/%zz', 400],
    ['GET', '/..%2f..%2fetc/passwd', 404],
    ['PUT', '/api/bookings', 404],
  ] as const) {
    test(`${method} ${path}: ${status}`, async () => {
      const answer = await send(method, path)
      assert.equal(answer.status, status)
      assert.equal(answer.body['status'], status)
    })
  }

  test('another kind of body: 415', async () => {
    assert.equal((await send('POST', '/api/bookings', 'title=x', 'text/plain')).status, 415)
    const form = await send('POST', '/api/bookings', 'title=x', 'application/x-www-form-urlencoded')
    assert.equal(form.status, 415)
  })
})

describe('hostile input', () => {
  test('SQL and HTML are text like any other', async () => {
    const title = `'); DROP TABLE bookings; -- <script>alert(1)</script>`
    const bookedBy = '"><img src=x onerror=alert(1)>'
    const made = await add(booking({ title, bookedBy, note: '</li>{{7*7}}${7*7}%s' }))
    assert.equal(made.status, 201)
    assert.equal(made.body['title'], title)
    const { text, headers } = await page()
    assert.match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
    assert.doesNotMatch(text, /<script|<img|<\/li>\{\{/)
    assert.match(String(headers.get('content-security-policy')), /^default-src 'none'; style-src 'sha256-/)
  })

  test('no booking, whatever it is, makes the service fail', async () => {
    const text = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) }),
      fc.constantFrom('', '\u0000', '\u202e', "'", '\ud800'),
    )
    const time = fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('2030-12-31T23:59:60Z', '9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00Z'),
      text,
    )
    const fields = { title: text, bookedBy: text, start: time, end: time, note: text }
    const wanted = fc.oneof(fc.record(fields, { requiredKeys: [] }), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(wanted, async (body) => {
        const { status } = await add(body)
        assert.ok(status === 201 || status === 400 || status === 409, `${status} for ${JSON.stringify(body)}`)
      }),
      { numRuns: 200 },
    )
  })

  test('whatever was booked is escaped in the page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ' '), minLength: 1 }),
        async (title) => {
          const made = await add(booking({ title }))
          if (made.status !== 201) return
          const { text } = await page()
          await send('DELETE', `/api/bookings/${made.body['id']}`)
          const shown = /<li>(?:(?!<li>).)*?<bdi>([^<]*)<\/bdi><\/strong>/gs
          const titles = [...text.matchAll(shown)].map(([, escaped = '']) => unescaped(escaped))
          assert.ok(titles.includes(title), title)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('a request id that would forge a log line is replaced', async () => {
    const id = async (given: string): Promise<string | null> =>
      (await fetch(`${replica.url}/`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
    assert.equal(await id('order-7.a'), 'order-7.a')
    assert.match(String(await id('a" ,"level":"fatal')), /^[0-9a-f-]{36}$/)
    assert.match(String(await id('x'.repeat(65))), /^[0-9a-f-]{36}$/)
  })
})

function unescaped(text: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return text.replace(/&(\w+|#39);/g, (_, name) => characters[name] ?? '?')
}

async function page(): Promise<{ text: string; headers: Headers }> {
  const response = await fetch(replica.url)
  assert.equal(response.status, 200)
  return { text: await response.text(), headers: response.headers }
}

describe('the page', () => {
  const formType = 'application/x-www-form-urlencoded'
  const form = (wanted: Record<string, unknown>): string => {
    const minutes = (name: string): string => String(wanted[name]).slice(0, 16)
    return new URLSearchParams({
      ...(wanted as Record<string, string>),
      start: minutes('start'),
      end: minutes('end'),
    }).toString()
  }

  test('its form books, and shows the booking', async () => {
    const sent = await send('POST', '/bookings', form(booking({ title: 'Board games', note: '' })), formType)
    assert.equal(sent.status, 303)
    assert.equal(sent.headers.get('location'), '/')
    const rows = await runStatement(database, "SELECT FROM bookings WHERE title = 'Board games'")
    assert.equal(rows.length, 1)
  })

  test('its form says what is wrong, and books nothing', async () => {
    const wanted = form(booking())
    assert.equal((await send('POST', '/bookings', wanted, formType)).status, 303)
    const again = await send('POST', '/bookings', wanted, formType)
    assert.equal(again.status, 409)
    assert.match(String(again.body['text']), /role="alert">The room is already booked/)
    assert.equal((await send('POST', '/bookings', form(booking({ title: '' })), formType)).status, 400)
    assert.equal((await send('POST', '/bookings', 'title=x&__proto__=y', formType)).status, 400)
  })

  test('the form of another site is refused', async () => {
    const headers = { 'content-type': formType, 'sec-fetch-site': 'cross-site' }
    const response = await fetch(`${replica.url}/bookings`, { method: 'POST', body: form(booking()), headers })
    assert.equal(response.status, 403)
  })
})

test('no request of this file was answered by a failure of ours', () => {
  assert.deepEqual(
    replica.log.filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
  )
})

test('the log tells of every request, and nothing that people wrote', () => {
  const requests = replica.log.filter(({ msg }) => msg === 'request')
  assert.ok(requests.length > 100)
  const [first] = requests
  assert.deepEqual(Object.keys(first ?? {}).sort(), [
    'durationMs',
    'level',
    'method',
    'msg',
    'path',
    'reqId',
    'route',
    'status',
    'time',
  ])
  assert.doesNotMatch(JSON.stringify(replica.log), /Board games|Retrospective|alert\(1\)/)
})
