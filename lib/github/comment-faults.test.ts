import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { FaultRule } from '../../lab/github/index.ts'
import { openThread, textsOf, writesOf } from './fixtures/thread.ts'

const COMMENTS = /\/issues\/1\/comments$/
const COMMENT = /\/issues\/comments\/\d+$/

describe('when GitHub stumbles', () => {
  const status = (code: number) => ({ kind: 'status', status: code, message: 'Server Error' }) as const
  const faults: { what: string; rule: FaultRule }[] = [
    { what: '500 for the first write', rule: { method: 'POST', path: COMMENTS, times: 1, fault: status(500) } },
    { what: '502 for two writes', rule: { method: 'POST', path: COMMENTS, times: 2, fault: status(502) } },
    {
      what: 'a reset before the write',
      rule: { method: 'POST', path: COMMENTS, times: 1, fault: { kind: 'reset' } },
    },
    {
      what: 'a reset after the write, which took place',
      rule: { method: 'POST', path: COMMENTS, times: 1, fault: { kind: 'reset-after-write' } },
    },
    {
      what: 'two resets after writes',
      rule: { method: 'POST', path: COMMENTS, times: 2, fault: { kind: 'reset-after-write' } },
    },
    { what: '503 for lists', rule: { method: 'GET', path: COMMENTS, times: 2, fault: status(503) } },
    {
      what: '502 for the question who we are',
      rule: { method: 'POST', path: /graphql$/, times: 1, fault: status(502) },
    },
    {
      what: 'a reset after an edit',
      rule: { method: 'PATCH', path: COMMENT, times: 1, fault: { kind: 'reset-after-write' } },
    },
    { what: '404 for an edit', rule: { method: 'PATCH', path: COMMENT, times: 1, fault: status(404) } },
    { what: '500 for a deletion', rule: { method: 'DELETE', path: COMMENT, times: 1, fault: status(500) } },
  ]

  test.each(faults)('$what: one comment a part at the end', async ({ rule }) => {
    const { scene, lab, startRun } = await openThread()
    await startRun().write(['old 1', 'old 2', 'old 3'])
    lab.faults.add(rule)
    expect((await startRun().write(['new 1', 'new 2'])).kind).toBe('published')
    expect((await startRun().write(['last 1', 'last 2', 'last 3', 'last 4'])).kind).toBe('published')
    expect(textsOf(scene)).toEqual(['last 1', 'last 2', 'last 3', 'last 4'])
  })

  test.each([
    { what: '429', fault: { kind: 'rate-limit', retryAfter: 1 }, wait: 1000 },
    { what: 'the secondary limit', fault: { kind: 'secondary-limit', retryAfter: 2 }, wait: 2000 },
  ] as const)('$what is waited for as long as GitHub asks', async ({ fault, wait }) => {
    const { scene, lab, startRun } = await openThread()
    lab.faults.add({ method: 'POST', path: COMMENTS, times: 1, fault })
    const run = startRun()
    expect((await run.write(['text'])).kind).toBe('published')
    expect(run.waits).toEqual([wait])
    expect(textsOf(scene)).toEqual(['text'])
  })

  test('a token that may only read', async () => {
    const { scene, startRun } = await openThread({ permissions: { 'pull-requests': 'read', contents: 'read' } })
    expect(await startRun().write(['text'])).toEqual({ kind: 'forbidden' })
    expect(textsOf(scene)).toEqual([])
  })

  test('a text that GitHub refuses is an error at once', async () => {
    const { scene, startRun } = await openThread()
    await expect(startRun().write(['x'.repeat(65_537)])).rejects.toMatchObject({ status: 422 })
    expect(writesOf(scene)).toEqual(['POST'])
  })

  test('a GitHub that stays down is an error in the end', async () => {
    const { scene, lab, startRun } = await openThread()
    lab.faults.add({ method: 'GET', path: COMMENTS, fault: status(503) })
    await expect(startRun().write(['text'])).rejects.toMatchObject({ status: 503 })
    expect(textsOf(scene)).toEqual([])
  })
})

describe('several writers at once end in one comment a part', () => {
  test('of two runs, whoever is first', async () => {
    const { scene, startRun } = await openThread()
    const [older, newer] = [startRun(), startRun()]
    const [one, two] = await Promise.all([older.write(['older 1', 'older 2']), newer.write(['newer 1', 'newer 2'])])
    expect(['published', 'newer-run']).toContain(one.kind)
    expect(two.kind).toBe('published')
    expect(textsOf(scene)).toEqual(['newer 1', 'newer 2'])
  })

  test('of the same run, as after a lost reply', async () => {
    const { scene, startRun } = await openThread()
    const run = startRun()
    await Promise.all([run.write(['text']), run.write(['text']), run.write(['text'])])
    expect(textsOf(scene)).toEqual(['text'])
  })

  test('of an older run whose comment arrives after the newer run is done', async () => {
    const { scene, lab, startRun } = await openThread()
    lab.faults.add({ method: 'POST', path: COMMENTS, times: 1, fault: { kind: 'slow', ms: 800 } })
    const [older, newer] = [startRun(), startRun()]
    const late = older.write(['older 1', 'older 2'])
    while (!writesOf(scene).includes('POST')) await setTimeout(10)
    expect((await newer.write(['newer'])).kind).toBe('published')
    expect((await late).kind).toBe('newer-run')
    expect(textsOf(scene)).toEqual(['newer'])
  })
})
