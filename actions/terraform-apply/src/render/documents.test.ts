import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRedactor } from '../../../../lib/process/redact.ts'
import type { Json } from '../plan/format.ts'
import { diffAttributes } from './diff.ts'
import { NOTHING_FORCED } from './forced.ts'
import { jsonLines } from './json-text.ts'
import type { Redact } from './model.ts'
import { effortOfReport } from './similarity.ts'
import { unmarked } from './value.ts'

const open: Redact = (text) => text

function diff(before: string | null, after: string | null, redact = open): string[] {
  return diffAttributes(unmarked({ p: before }), unmarked({ p: after }), {
    redact,
    forced: NOTHING_FORCED,
    effort: effortOfReport(),
  }).lines
}

describe('JSON within a text', () => {
  test('is compared by its values', () => {
    const before = { region: 'eu', limits: { cpu: 1, memory: 2 }, names: ['a', 'b'], gone: null }
    const after = { names: ['b', 'a', 'c'], limits: { memory: 2, cpu: 4 }, region: 'eu', added: { none: null } }
    expect(diff(JSON.stringify(before), JSON.stringify(after))).toEqual([
      '  p = jsonencode({',
      '+   added = {',
      '+     none = null',
      '+   }',
      '-   gone = null',
      '    limits = {',
      '!     cpu = 1 -> 4',
      '      # 1 unchanged attribute',
      '    }',
      '    names = [',
      '+     "c"',
      '      # 2 unchanged elements, order changed',
      '    ]',
      '    # 1 unchanged attribute',
      '  })',
    ])
    expect(diff('[1,2]', '[2,1]')).toEqual(['! p = jsonencode([1, 2] -> [2, 1])  # order changed'])
  })

  test('is shown as its values when it is new or gone', () => {
    expect(diff(null, '[{"name":"a","none":null}]')).toEqual([
      '+ p = jsonencode([',
      '+   {',
      '+     name = "a"',
      '+     none = null',
      '+   }',
      '+ ])',
    ])
    expect(diff('{"a":[]}', null)).toEqual(['- p = jsonencode({', '-   a = []', '- })'])
    expect(diff('{}', '{"a":1}')).toEqual(['  p = jsonencode({', '+   a = 1', '  })'])
  })

  test.each([
    ['{"a":1}', '{ "a": 1 }', '! p = jsonencode(…)  # only white space differs'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}', '! p = jsonencode(…)  # same value, written otherwise'],
    ['{"a":"x"}', '{"a":"\\u0078"}', '! p = jsonencode(…)  # same value, written otherwise'],
  ])('%s and %s are the same', (before, after, line) => {
    expect(diff(before, after)).toEqual([line])
  })

  test('that its value would not tell whole is compared as the text that it is', () => {
    expect(diff('{"a":1,"a":2}', '{"a":3,"a":2}')).toEqual([
      '  p = jsonencode(',
      '    {',
      '-     "a": 1',
      '+     "a": 3',
      '      "a": 2',
      '    }',
      '  )',
    ])
    expect(diff('{"n":12345678901234567890}', '{"n":12345678901234567891}')).toContain(
      '!   n = 12345678901234567890 -> 12345678901234567891',
    )
  })

  test('nested without end is no document', () => {
    const deep = (value: string) => `${'['.repeat(100_000)}${value}${']'.repeat(100_000)}`
    expect(jsonLines(deep('1'))).toBeUndefined()
    expect(diff(deep('1'), deep('2'))).toHaveLength(1)
    expect(diff(null, deep('1'))).toHaveLength(1)
  })

  test('broken off in a string of quotes takes no time', () => {
    const started = process.cpuUsage().user
    expect(diff(null, `["${'\\"'.repeat(200_000)}`)).toHaveLength(1)
    expect((process.cpuUsage().user - started) / 1_000_000).toBeLessThan(2)
  })

  test('of many megabytes is compared as the text that it is', () => {
    const huge = (end: string) => JSON.stringify(['x'.repeat(12_000_000), end])
    const [line = ''] = diff(huge('a'), huge('b'))
    expect(line).toMatch(/^! p = … .*x\\",\\"a\\"\]" -> … .*x\\",\\"b\\"\]"/)
    expect(diff(null, huge('a')).join('').length).toBeLessThan(3_000)
  })

  test('is cut when it is long, and says so', () => {
    const value = (text: string) => JSON.stringify(Array.from({ length: 2_000 }, (_, index) => ({ index, text })))
    for (const lines of [diff(value('a'), value('b')), diff(null, value('a'))]) {
      expect(lines.join('\n').length).toBeLessThan(12_000)
      expect(lines.at(-2)).toMatch(/^[+!] {3}# … [\d,]+ more lines$/)
      expect(lines.at(-1)).toMatch(/^[+ ] \]\)$/)
    }
  })

  test('is different where and only where it differs', () => {
    const document = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue()),
    ) as fc.Arbitrary<Json>
    fc.assert(
      fc.property(document, document, (before, after) => {
        const [left, right] = [JSON.stringify(before), JSON.stringify(after)]
        expect(diff(left, left)).toEqual([])
        const lines = diff(left, right)
        expect(lines.some((line) => /^[-+!]/.test(line))).toBe(left !== right)
        for (const line of lines) expect(line).toMatch(/^[-+! ] .*$/)
      }),
    )
  })
})

describe('secrets within JSON', () => {
  const known = (...secrets: string[]): Redact => {
    const redact = createRedactor()
    for (const secret of secrets) redact.add(secret)
    return redact
  }

  test('are hidden in each string, and what else differs is shown', () => {
    const redact = known('hunter2-hunter2', 'hunter3-hunter3')
    expect(diff('{"p":"hunter2-hunter2","q":1}', '{"p":"hunter3-hunter3","q":2}', redact)).toEqual([
      '  p = jsonencode({',
      '!   p = (hidden)  # differs in a hidden part',
      '!   q = 1 -> 2',
      '  })',
    ])
    expect(diff('{"hunter2-hunter2":1}', '{}', redact)).toEqual(['  p = jsonencode({', '-   "***" = 1', '  })'])
  })

  test.each([
    ['with quotes', 'pa"ss"w\\ord<&>', ['w\\ord', 'w\\\\ord', 'ord<']],
    ['of several lines', 'first-line-of-it\nsecond-line-of-it', ['first-line', 'second-line']],
    ['that are a document themselves', '{\n  "user": "somebody",\n  "key": "k-0123456789"\n}', ['somebody', 'k-012']],
  ])('%s are shown in no form', (_, secret, parts) => {
    const redact = known(secret)
    const texts = [
      JSON.stringify({ a: secret, b: 1 }),
      JSON.stringify({ a: secret, b: 2 }).replaceAll('s', '\\u0073'),
      JSON.stringify({ a: JSON.stringify({ inner: secret }), b: 3 }),
      JSON.stringify({ [secret]: 1 }),
      secret,
      `{"a":${JSON.stringify(secret)},"a":1}`,
    ]
    for (const before of [null, ...texts]) {
      for (const after of [null, ...texts]) {
        const shown = diff(before, after, redact).join('\n')
        for (const part of parts) expect(shown).not.toContain(part)
      }
    }
  })

  test('that are known as a document are hidden where it is laid out otherwise', () => {
    const redact = known(JSON.stringify({ password: 'hunter2-hunter2', port: 5432 }, null, 2))
    const shown = diff('{"password":"hunter2-hunter2","port":1}', '{"password":"hunter2-hunter2","port":2}', redact)
    expect(shown.join('\n')).not.toContain('hunter2')
  })

  test('that a pattern names with their key are hidden', () => {
    const redact = createRedactor()
    redact.addPattern(/(?<="token":\s*")[^"]+/)
    const lines = diff('{"token":"abc","n":1}', '{"token":"abd","n":2}', redact)
    expect(lines).toContain('!   n = 1 -> 2')
    expect(lines.join('\n')).not.toMatch(/ab[cd]/)
    const whole = createRedactor()
    whole.addPattern(/"token":\s*"[^"]+"/)
    expect(diff('{"token":"abc","n":1}', '{"token":"abd","n":2}', whole).join('\n')).not.toMatch(/ab[cd]/)
  })

  test('never appear, whatever is around them', () => {
    const secret = fc
      .string({ minLength: 6, maxLength: 12 })
      .filter((text) => /^\S{6,}$/.test(text) && !/^\*+$/.test(text))
    fc.assert(
      fc.property(secret, fc.object({ maxDepth: 2 }), fc.boolean(), (value, around, isKey) => {
        const redact = known(value)
        if (redact(value) !== '***' || redact(JSON.stringify(around)) !== JSON.stringify(around)) return
        const document = isKey ? { ...around, [value]: 1 } : { ...around, x: [value, { y: value }] }
        const shown = diff(JSON.stringify(around), JSON.stringify(document), redact)
        expect(redact(shown.join('\n'))).toBe(shown.join('\n'))
      }),
    )
  })
})
