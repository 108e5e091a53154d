import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type Diagnostic, readPlainErrors } from './diagnostics.ts'
import { type DeadChild, describeHolder, isOwnLock, type LockHolder, lockHolder } from './lock.ts'
import { readEvent } from './stream.ts'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8')
const diagnosticsOf = (name: string): Diagnostic[] =>
  recorded(name)
    .split('\n')
    .map(readEvent)
    .flatMap((event) => (event.kind === 'diagnostic' ? [event.diagnostic] : []))

const HTTP_HOLDER = '0c1f0f6e-2f5b-1c33-6f51-1b7d9a4ce0aa'

describe('who holds the lock', () => {
  test('a backend that tells everything', () => {
    const holder = lockHolder(diagnosticsOf('lock-local.jsonl'))
    expect(holder).toEqual({
      id: 'd7f39473-998a-1cd7-add1-8d81e0aa238e',
      who: 'user@host',
      operation: 'apply',
      created: new Date('2026-11-25T10:27:38.711Z'),
      path: 'terraform.tfstate',
      certain: true,
    })
    expect(holder && describeHolder(holder)).toBe(
      'lock d7f39473-998a-1cd7-add1-8d81e0aa238e is held by user@host for apply since 2026-11-25T10:27:38.711Z',
    )
  })

  test.each([
    ['lines of JSON', diagnosticsOf('lock-http.jsonl')],
    ['wrapped lines for people', readPlainErrors(recorded('lock-http.txt'))],
  ])('the http backend gives the requester in Lock Info and the holder in the message: %s', (_, diagnostics) => {
    expect(recorded('lock-http.jsonl')).not.toContain(`ID:        ${HTTP_HOLDER}`)
    const holder = lockHolder(diagnostics)
    expect(holder).toEqual({ id: HTTP_HOLDER, who: '', operation: '', created: undefined, path: '', certain: false })
    expect(holder && describeHolder(holder)).toBe(`lock ${HTTP_HOLDER} is held by another run`)
  })

  const locked = (detail: string): Diagnostic[] => [
    { severity: 'error', summary: 'Error acquiring the state lock', detail },
  ]

  test.each<[string, Diagnostic[]]>([
    ['no diagnostics', []],
    ['another error', [{ severity: 'error', summary: 'Invalid reference', detail: '  ID:        x' }]],
  ])('the state is not locked: %s', (_, diagnostics) => {
    expect(lockHolder(diagnostics)).toBeUndefined()
  })

  test.each([
    ['no lock info', 'Error message: resource temporarily unavailable'],
    ['an empty lock info', 'Error message: x\nLock Info:\n  ID:        \n  Who:       '],
  ])('the state is locked, and nobody knows by whom: %s', (_, detail) => {
    expect(lockHolder(locked(detail))).toMatchObject({ id: '', certain: false })
  })

  test('a holder that lacks fields is still told', () => {
    const holder = lockHolder(locked('Lock Info:\n  ID:        abc\n  Created:   some day'))
    expect(holder).toEqual({ id: 'abc', who: '', operation: '', created: undefined, path: '', certain: true })
    expect(holder && describeHolder(holder)).toBe('lock abc is held by an unknown user for an operation')
  })

  test.each([
    ['2026-11-25 09:23:59.840754307 +0000 UTC', '2026-11-25T09:23:59.840Z'],
    ['2026-11-25 09:23:59.8 +0000 UTC', '2026-11-25T09:23:59.800Z'],
    ['2026-11-25 09:23:59 +0000 UTC', '2026-11-25T09:23:59.000Z'],
    ['2026-11-25 09:23:59 +0200 CEST', undefined],
    ['2026-11-25T09:23:59Z', undefined],
  ])('created at %s', (text, expected) => {
    const holder = lockHolder(locked(`Lock Info:\n  ID: abc\n  Created:   ${text}\n`))
    expect(holder?.created?.toISOString()).toBe(expected)
  })
})

describe('the own lock of a dead child', () => {
  const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 12, 0, second))
  const child: DeadChild = { who: 'user@host', startedAt: at(10), endedAt: at(20) }
  const holder = (change: Partial<LockHolder> = {}): LockHolder => ({
    id: 'abc',
    who: 'user@host',
    operation: 'apply',
    created: at(12),
    path: '',
    certain: true,
    ...change,
  })

  test.each([8, 10, 15, 20, 22])('taken at second %i of a life from 10 to 20', (second) => {
    expect(isOwnLock(holder({ created: at(second) }), child)).toBe(true)
  })

  test.each<Partial<LockHolder>>([
    { created: at(7) },
    { created: at(23) },
    { created: undefined },
    { who: 'user@other' },
    { who: 'other@host' },
    { who: '' },
    { certain: false },
  ])('not with %j', (change) => {
    expect(isOwnLock(holder(change), child)).toBe(false)
  })
})
