import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createLog } from './log.ts'

let written = ''

beforeEach(() => {
  written = ''
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
})
afterEach(() => {
  jest.restoreAllMocks()
})

const redact = (text: string): string => text.replaceAll('hunter2', '***')
const lines = (): string[] => written.split('\n').slice(0, -1)
/** A line that the runner would take for a command. */
const COMMAND = /^\s*::[\w-]|##\[/

describe('our own lines', () => {
  test.each([
    '::set-output name=applied::true',
    '  ::error::forged',
    'first\n::stop-commands::x',
    'first\r::error::x',
    '##[error]forged',
    'a ##[group]x',
    ':::error::x',
  ])('%j is no command, and reads the same', (text) => {
    createLog().info(text)
    for (const line of written.split(/[\r\n]/)) expect(line).not.toMatch(COMMAND)
    expect(written.replaceAll('\u200b', '')).toBe(`${text}\n`)
  })

  test('other colons and number signs stay as they are', () => {
    createLog().info('a::b module.x: 1 ## heading [x]')
    expect(written).toBe('a::b module.x: 1 ## heading [x]\n')
  })

  test('secrets are hidden in every kind of line', () => {
    const log = createLog(redact)
    log.info('info hunter2')
    log.debug('debug hunter2')
    log.annotate({ level: 'error', title: 'title hunter2', message: 'message hunter2' })
    expect(lines()).toHaveLength(3)
    expect(written).not.toContain('hunter2')
    expect(written.match(/\*\*\*/g)).toHaveLength(4)
  })
})

describe('annotations', () => {
  const properties = (): string => /^::\w+ ?([^:]*)::/.exec(written)?.[1] ?? ''

  test.each(['error', 'warning', 'notice'] as const)('%s', (level) => {
    createLog().annotate({ level, message: 'two\nlines: 100%' })
    expect(written).toBe(`::${level}::two%0Alines: 100%25\n`)
  })

  test('a place in a file', () => {
    const place = { file: 'infra/main.tf', line: 3, endLine: 3, column: 5, endColumn: 9 }
    createLog().annotate({ level: 'error', message: 'm', title: 'a, b: c', place })
    expect(new Set(properties().split(','))).toEqual(
      new Set(['title=a%2C b%3A c', 'file=infra/main.tf', 'line=3', 'endLine=3', 'col=5', 'endColumn=9']),
    )
  })

  test('columns are left out of an annotation that spans lines', () => {
    const place = { file: 'main.tf', line: 3, endLine: 4, column: 5, endColumn: 9 }
    createLog().annotate({ level: 'error', message: 'm', place })
    expect(new Set(properties().split(','))).toEqual(new Set(['file=main.tf', 'line=3', 'endLine=4']))
  })
})

describe('foreign text', () => {
  test('stands in a fold in which no command counts, until the fold ends', async () => {
    const result = await createLog(redact).foreign('terraform ::plan', async (write) => {
      write('::error::forged')
      write('password hunter2')
      return 7
    })
    expect(result).toBe(7)
    const [group, stop = '', forged, hidden, resume, end] = lines()
    const token = /^::stop-commands::([0-9a-f-]{36})$/.exec(stop)?.[1]
    expect([group, forged, hidden, resume, end]).toEqual([
      '::group::terraform ::plan',
      '::error::forged',
      'password ***',
      `::${token}::`,
      '::endgroup::',
    ])
  })

  test('ends also when the body fails, under another token each time', async () => {
    const log = createLog()
    await expect(log.foreign('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await log.foreign('b', async () => {})
    const tokens = [...written.matchAll(/^::stop-commands::(\S+)$/gm)].map(([, token]) => token)
    expect(new Set(tokens).size).toBe(2)
    for (const token of tokens) expect(lines()).toContain(`::${token}::`)
    expect(lines().filter((line) => line === '::endgroup::')).toHaveLength(2)
  })
})

test('each line of a secret is masked, because the runner masks within lines', () => {
  createLog().mask('first line\r\n\n  \nsecond line')
  expect(lines()).toEqual(['::add-mask::first line', '::add-mask::second line'])
})
