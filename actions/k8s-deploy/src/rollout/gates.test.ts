import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { GateDeps } from './gate.ts'
import { describeGate, parseGates, runGate } from './gates.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server on this machine; its address without a slash at the end. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Time passes by sleeping only, and a hundredth of it for real. */
function deps(prometheusUrl?: string): GateDeps {
  let now = 0
  return {
    fetch,
    now: () => now,
    async sleep(milliseconds, signal) {
      now += milliseconds
      await pause(milliseconds / 1000, undefined, { signal })
    },
    prometheusUrl,
  }
}

const never = new AbortController().signal

async function run(line: string, given = deps(), signal = never, answers?: number): Promise<string> {
  const [gate] = parseGates([line])
  if (gate === undefined) throw new Error('no gate')
  try {
    await runGate(gate, given, signal, answers)
    return 'passed'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('the grammar of gates', () => {
  test('reads status, range and class, time and text', () => {
    expect(
      parseGates([
        'https://shop.example/ready expect 200 within 30s',
        'http://shop.example/ expect 200-204 within 2m',
        'https://shop.example/v expect 2xx within 5s contains "say "v2""',
      ]),
    ).toEqual([
      {
        kind: 'http',
        url: 'https://shop.example/ready',
        status: { from: 200, to: 200 },
        withinMs: 30_000,
        contains: undefined,
      },
      {
        kind: 'http',
        url: 'http://shop.example/',
        status: { from: 200, to: 204 },
        withinMs: 120_000,
        contains: undefined,
      },
      {
        kind: 'http',
        url: 'https://shop.example/v',
        status: { from: 200, to: 299 },
        withinMs: 5_000,
        contains: 'say "v2"',
      },
    ])
  })

  test('splits a query at its last comparator', () => {
    expect(parseGates(['promql: sum(rate(errors{code=~"5.."}[1m]) > 0) / 2 <= 5e-2 for 1m'])).toEqual([
      {
        kind: 'promql',
        expression: 'sum(rate(errors{code=~"5.."}[1m]) > 0) / 2',
        comparator: '<=',
        threshold: 0.05,
        forMs: 60_000,
      },
    ])
  })

  test('any query and any comparison come back as they were written', () => {
    const query = fc.stringMatching(/^[a-z]{1,8}(\{[a-z]="[a-z<>=]{0,4}"\})?$/)
    const comparator = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')
    fc.assert(
      fc.property(query, comparator, fc.integer({ min: -1000, max: 1000 }), (expression, sign, threshold) => {
        expect(parseGates([`promql: ${expression} ${sign} ${threshold} for 10s`])).toEqual([
          { kind: 'promql', expression, comparator: sign, threshold, forMs: 10_000 },
        ])
      }),
    )
  })

  test.each([
    'https://shop.example/ready',
    'shop.example expect 200 within 30s',
    'https://shop.example/ expect 20 within 30s',
    'https://shop.example/ expect 300-200 within 30s',
    'https://shop.example/ expect 200 within 30',
    'ftp://shop.example/ expect 200 within 30s',
    'promql: up',
    'promql: up < high for 1m',
    'promql: < 1 for 1m',
  ])('refuses %s', (line) => {
    expect(() => parseGates([line])).toThrow(/^The input gates has the line /)
  })

  test('shows no credentials, neither in the refusal of a line nor in the name of a gate', () => {
    const secret = 'https://me:hunter2@shop.example/ready?token=hunter2'
    expect(() => parseGates([`${secret} expects 200`])).toThrow(/https:\/\/\*\*\*@shop\.example\/ready\?…/)
    expect(() => parseGates([`${secret} expects 200`])).toThrow(expect.not.stringContaining('hunter2'))
    const [gate] = parseGates([`${secret} expect 200 within 1s`])
    expect(gate && describeGate(gate)).toBe('https://***@shop.example/ready?…')
  })
})

describe('a gate on an address', () => {
  test('is asked again until the answer is right', async () => {
    let asked = 0
    const url = await serve((_, reply) => reply.writeHead(++asked < 3 ? 503 : 200).end())
    expect(await run(`${url}/ expect 200 within 30s`)).toBe('passed')
    expect(asked).toBe(3)
  })

  test('fails with the last answer when the time is over', async () => {
    const url = await serve((_, reply) => reply.writeHead(500).end('secret internals'))
    expect(await run(`${url}/ expect 200-299 within 3s`)).toBe(
      `Gate \`${url}/\`: expected status 200 to 299 within 3 s, and the last answer was: status 500.`,
    )
  })

  test('sends credentials as a header, and tells of none', async () => {
    const url = await serve(({ headers }, reply) =>
      reply.writeHead(headers.authorization === `Basic ${btoa('me:hunter 2')}` ? 200 : 401).end(),
    )
    const withCredentials = url.replace('//', '//me:hunter%202@')
    expect(await run(`${withCredentials}/ expect 200 within 1s`)).toBe('passed')
    expect(await run(`${withCredentials}/ expect 204 within 1s`)).not.toContain('hunter')
  })

  test('takes a redirect for an answer', async () => {
    const url = await serve((request, reply) =>
      request.url === '/' ? reply.writeHead(302, { location: '/login' }).end() : reply.writeHead(200).end(),
    )
    expect(await run(`${url}/ expect 302 within 1s`)).toBe('passed')
    expect(await run(`${url}/ expect 200 within 1s`)).toContain('status 302')
  })

  test('looks for a text in the beginning of an endless body', async () => {
    const url = await serve((_, reply) => {
      reply.write('version 2\n')
      const more = (): void => {
        while (!reply.destroyed && reply.write('x'.repeat(65_536)));
        reply.once('drain', more)
      }
      more()
    })
    expect(await run(`${url}/ expect 2xx within 1s contains "version 2"`)).toBe('passed')
    expect(await run(`${url}/ expect 2xx within 1s contains "version 3"`)).toContain('without the expected text')
  })

  test('tells why there was no answer', async () => {
    expect(await run('http://127.0.0.1:1/ expect 200 within 1s')).toMatch(/last answer was: (ECONNREFUSED|bad port)/)
  })

  test('of which the name is not known says so', async () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND', hostname: 'shop.invalid' })
    const unknown = { ...deps(), fetch: () => Promise.reject(new TypeError('fetch failed', { cause })) }
    const gate = 'http://shop.invalid/ expect 200 within 1s'
    expect(await run(gate, unknown)).toContain("the name shop.invalid can't be resolved")
  })

  test('ends with the signal', async () => {
    const url = await serve(() => undefined)
    const stop = new AbortController()
    const running = run(`${url}/ expect 200 within 1h`, deps(), stop.signal)
    stop.abort(new Error('cancelled'))
    expect(await running).toBe('cancelled')
  })
})

describe('a gate on an address where two versions answer', () => {
  /** Answers with these, then with 200; and how many connections it took for how many requests. */
  async function mixed(
    ...statuses: number[]
  ): Promise<{ url: string; asked: () => number; connections: () => number }> {
    let asked = 0
    const url = await serve((_, reply) => reply.writeHead(statuses[asked++] ?? 200).end())
    let connections = 0
    servers.at(-1)?.on('connection', () => {
      connections += 1
    })
    return { url, asked: () => asked, connections: () => connections }
  }

  test('demands so many right answers, each by a connection of its own', async () => {
    const { url, asked, connections } = await mixed()
    expect(await run(`${url}/ expect 200 within 1s`, deps(), never, 8)).toBe('passed')
    expect([asked(), connections()]).toEqual([8, 8])
  })

  test('forgives one wrong answer and counts anew', async () => {
    const { url, asked } = await mixed(200, 200, 500)
    expect(await run(`${url}/ expect 200 within 1s`, deps(), never, 8)).toBe('passed')
    expect(asked()).toBe(3 + 8)
  })

  test('fails by the second one', async () => {
    const { url, asked } = await mixed(200, 500, 200, 200, 200, 503)
    expect(await run(`${url}/ expect 200 within 1s`, deps(), never, 8)).toBe(
      `Gate \`${url}/\`: expected 8 answers in a row of status 200 from the old and the new version together, and two were wrong, the last one: status 503.`,
    )
    expect(asked()).toBe(6)
  })

  test('ends with the signal', async () => {
    const stop = new AbortController()
    const url = await serve((_, reply) => {
      stop.abort(new Error('cancelled'))
      reply.end()
    })
    expect(await run(`${url}/ expect 200 within 1s`, deps(), stop.signal, 8)).toBe('cancelled')
  })
})

/** A server that answers as Prometheus 2 and 3 do, with one result after the other (the last one for good). */
async function prometheus(...results: object[]): Promise<{ url: string; queries: string[] }> {
  const queries: string[] = []
  const url = await serve((request, reply) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://prometheus')
    if (pathname !== '/base/api/v1/query') return void reply.writeHead(404).end('404 page not found')
    queries.push(searchParams.get('query') ?? '')
    const result = results[Math.min(queries.length, results.length) - 1] ?? {}
    const status = 'errorType' in result ? 400 : 'down' in result ? 503 : 200
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result))
  })
  return { url: `${url}/base`, queries }
}

const vector = (...values: string[]): object => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: values.map((value, index) => ({ metric: { pod: `web-${index}` }, value: [1764086400.781, value] })),
  },
})
const scalar = (value: string): object => ({
  status: 'success',
  data: { resultType: 'scalar', result: [1764086400.781, value] },
})
const badQuery = {
  status: 'error',
  errorType: 'bad_data',
  error: 'invalid parameter "query": 1:5: parse error: unexpected end of input',
}
const down = { down: true }

describe('a gate on a query', () => {
  const gate = 'promql: rate(errors[1m]) < 0.05 for 1m'

  test('asks the query over the whole time', async () => {
    const { url, queries } = await prometheus(vector('0.01', '0'))
    expect(await run(gate, deps(url))).toBe('passed')
    expect(new Set(queries)).toEqual(new Set(['rate(errors[1m])']))
    expect(queries).toHaveLength(13)
  })

  test('fails at once when one series breaks the bound, even late', async () => {
    const good = vector('0.01', '0')
    const { url, queries } = await prometheus(good, good, vector('0.01', '0.5'))
    expect(await run(gate, deps(url))).toBe(
      'Gate `promql: rate(errors[1m]) < 0.05`: expected over 60 s, and the value was 0.5 for {pod="web-1"}.',
    )
    expect(queries).toHaveLength(3)
  })

  test.each([
    ['no data', vector(), 'there is no data'],
    ['NaN', scalar('NaN'), 'the value was NaN'],
    ['infinity', scalar('+Inf'), 'the value was +Inf'],
    ['a bad query', badQuery, 'parse error: unexpected end of input'],
    ['a matrix', { status: 'success', data: { resultType: 'matrix', result: [] } }, 'neither a vector nor a scalar'],
  ])('unknown never passes: %s', async (_, result, why) => {
    const { url } = await prometheus(result)
    expect(await run(gate, deps(url))).toContain(why)
  })

  test.each(['<', '<=', '==', '!=', '>', '>='])('NaN holds for no comparison: %s', async (comparator) => {
    const { url } = await prometheus(scalar('NaN'))
    expect(await run(`promql: x ${comparator} 1 for 1s`, deps(url))).toContain('NaN')
  })

  test('infinity is greater than anything', async () => {
    const { url } = await prometheus(scalar('+Inf'))
    expect(await run('promql: x > 1e9 for 1s', deps(url))).toBe('passed')
  })

  test('bears a Prometheus that is away for a moment, but not at the end and not for long', async () => {
    const good = vector('0')
    const short = await prometheus(good, down, down, good)
    expect(await run(gate, deps(short.url))).toBe('passed')
    const long = await prometheus(good, down)
    expect(await run(gate, deps(long.url))).toContain('Prometheus said status 503')
    const atTheEnd = await prometheus(...Array(12).fill(good), down, vector('1'))
    expect(await run(gate, deps(atTheEnd.url))).toContain('the value was 1')
  })

  test('needs an address, and shows no credentials of it', async () => {
    expect(await run(gate)).toContain('the input prometheus-url, which is empty')
    expect(await run(gate, deps('http://me:hunter2@127.0.0.1:1/'))).toEqual(expect.not.stringContaining('hunter2'))
  })
})
