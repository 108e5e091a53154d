import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import type { Json, JsonObject } from '../plan/format.ts'
import { type DiffContext, diffAttributes } from './diff.ts'
import { forcedBy, NOTHING_FORCED } from './forced.ts'
import { effortOfReport } from './similarity.ts'
import type { Value } from './value.ts'

const OPEN: Omit<DiffContext, 'effort'> = { redact: (text) => text, forced: NOTHING_FORCED }

interface Marks {
  before?: Json
  after?: Json
  unknown?: Json
}

function diff(before: Json, after: Json, marks: Marks = {}, context = OPEN): string[] {
  return full(before, after, marks, context).lines
}

function full(before: Json, after: Json, marks: Marks = {}, context = OPEN) {
  const was: Value = { json: before, sensitive: marks.before, unknown: undefined }
  const is: Value = { json: after, sensitive: marks.after, unknown: marks.unknown }
  return diffAttributes(was, is, { ...context, effort: effortOfReport() })
}

describe('values', () => {
  test.each<[string, Json, Json, string[]]>([
    ['a scalar', { a: 1, b: 2 }, { a: 1, b: 3 }, ['! b = 2 -> 3']],
    ['a string', { a: '14.9' }, { a: '15.4' }, ['! a = "14.9" -> "15.4"']],
    ['another type', { a: 1 }, { a: '1' }, ['! a = 1 -> "1"']],
    ['added and removed', { a: 'x', b: null }, { a: null, b: true }, ['- a = "x"', '+ b = true']],
    [
      'a map',
      { t: { a: 'x', b: 'y', c: 'z' } },
      { t: { a: 'x', b: 'n', c: 'z' } },
      ['  t = {', '!   b = "y" -> "n"', '    # 2 unchanged attributes', '  }'],
    ],
    ['null within a map', { t: { a: null } }, { t: {} }, ['  t = {', '-   a = null', '  }']],
    [
      'a list',
      { l: [80, 443, 9] },
      { l: [80, 8443, 9] },
      ['  l = [', '-   443', '+   8443', '    # 2 unchanged elements', '  ]'],
    ],
    [
      'an element put in front',
      { l: ['b', 'c'] },
      { l: ['a', 'b', 'c'] },
      ['  l = [', '+   "a"', '    # 2 unchanged elements', '  ]'],
    ],
    [
      'a map within a list',
      {
        l: [
          { n: 1, p: 1 },
          { n: 2, p: 1 },
        ],
      },
      {
        l: [
          { n: 1, p: 1 },
          { n: 2, p: 5 },
        ],
      },
      ['  l = [', '    {', '      n = 2', '!     p = 1 -> 5', '    }', '    # 1 unchanged element', '  ]'],
    ],
    ['a map for a scalar', { a: 1 }, { a: { b: 2 } }, ['- a = 1', '+ a = {', '+   b = 2', '+ }']],
    [
      'odd keys',
      { a: {} },
      { a: { 'k 1': 1, constructor: 2 } },
      ['  a = {', '+   constructor = 2', '+   "k 1" = 1', '  }'],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(diff(before, after)).toEqual(lines)
  })

  test('attributes that stay are counted, absent ones are not', () => {
    expect(full({ a: 1, b: 2, c: null, d: 1 }, { a: 1, b: 2, c: null, d: 2 }).unchanged).toBe(2)
  })

  test('digits that a double would lose', () => {
    const [before, after] = ['{"n":12345678901234567890}', '{"n":12345678901234567891}'].map(
      (text) => parseJsonExact(text) as Json,
    )
    expect(diff(before ?? null, after ?? null)).toEqual(['! n = 12345678901234567890 -> 12345678901234567891'])
  })

  test('what forces a replacement is said where it stands', () => {
    const forced = forcedBy([['engine'], ['disk', 0, 'type']])
    const before = { engine: '14', disk: [{ type: 'gp2' }] }
    expect(diff(before, { engine: '15', disk: [{ type: 'gp3' }] }, {}, { ...OPEN, forced })).toEqual([
      '  disk = [',
      '    {',
      '!     type = "gp2" -> "gp3"  # forces replacement',
      '    }',
      '  ]',
      '! engine = "14" -> "15"  # forces replacement',
    ])
  })
})

describe('known after apply', () => {
  test('of an attribute, of a member and of a new one', () => {
    const before = { a: 'x', m: { b: 1 }, big: { k: 'v' } }
    const after = { m: {} }
    expect(diff(before, after, { unknown: { a: true, m: { b: true }, big: true, n: true } })).toEqual([
      '! a = "x" -> (known after apply)',
      '! big = … -> (known after apply)',
      '  m = {',
      '!   b = 1 -> (known after apply)',
      '  }',
      '+ n = (known after apply)',
    ])
  })
})

describe('sensitive values', () => {
  test.each<[string, Json, Json, Marks, string[]]>([
    [
      'another',
      { p: 'one' },
      { p: 'two' },
      { before: { p: true }, after: { p: true } },
      ['! p = (sensitive value)  # sensitive value changed'],
    ],
    ['the same', { p: 'one' }, { p: 'one' }, { before: { p: true }, after: { p: true } }, []],
    ['new', { p: null }, { p: 'two' }, { after: { p: true } }, ['+ p = (sensitive value)']],
    ['gone', { p: 'one' }, { p: null }, { before: { p: true } }, ['- p = (sensitive value)']],
    [
      'sensitive from now on',
      { p: 'one' },
      { p: 'two' },
      { after: { p: true } },
      ['! p = (sensitive value)  # sensitive value changed'],
    ],
    [
      'marked',
      { p: 'one' },
      { p: 'one' },
      { after: { p: true } },
      ['! p = (sensitive value)  # same value, from now on sensitive'],
    ],
    [
      'no longer marked',
      { p: 'one' },
      { p: 'one' },
      { before: { p: true } },
      ['! p = (sensitive value)  # same value, no longer sensitive'],
    ],
    [
      'later',
      { p: 'one' },
      {},
      { before: { p: true }, unknown: { p: true } },
      ['! p = (sensitive value)  # known after apply'],
    ],
    [
      'in place of another element',
      { l: ['open'] },
      { l: ['two'] },
      { after: { l: [true] } },
      ['  l = [', '!   (sensitive value)  # sensitive value changed', '  ]'],
    ],
    [
      'within a list',
      { l: ['a', 'one'] },
      { l: ['a', 'two'] },
      { before: { l: [false, true] }, after: { l: [false, true] } },
      ['  l = [', '!   (sensitive value)  # sensitive value changed', '    # 1 unchanged element', '  ]'],
    ],
  ])('%s', (_, before, after, marks, lines) => {
    expect(diff(before, after, marks)).toEqual(lines)
  })
})

describe('texts', () => {
  test('of several lines are compared by line, and none can pass for a line of the diff', () => {
    const before = { t: '1\n2\n3\n4\n5\n6\n7\n8\n- fake = 1\n' }
    const after = { t: '1\n2\n3\n4\n5\n6\n7\n8\n+ fake = 2\n! fake\n' }
    expect(diff(before, after)).toEqual([
      '  t = <<-EOT',
      '    # 5 unchanged lines',
      '    6',
      '    7',
      '    8',
      '-   - fake = 1',
      '+   + fake = 2',
      '+   ! fake',
      '    ',
      '  EOT',
    ])
  })

  test('hide no single line behind a remark, which takes as much room', () => {
    expect(diff({ t: '1\n2\n3\n4\nx' }, { t: '1\n2\n3\n4\ny' })).toEqual([
      '  t = <<-EOT',
      '    1',
      '    2',
      '    3',
      '    4',
      '-   x',
      '+   y',
      '  EOT',
    ])
  })

  test("the word that ends a text doesn't stand in it", () => {
    expect(diff({}, { t: 'a\nEOT\nb' })).toEqual(['+ t = <<-EOT_', '+   a', '+   EOT', '+   b', '+ EOT_'])
  })

  test('long ones are cut around the first difference, so that it is always seen', () => {
    const [line = ''] = diff({ t: `${'a'.repeat(50_000)}b` }, { t: `${'a'.repeat(50_000)}c` })
    expect(line).toBe(
      `! t = … "${'a'.repeat(40)}b" -> … "${'a'.repeat(40)}c"  # 50,001 -> 50,001 characters, the first difference is after 50,000`,
    )
  })

  test('long new ones say how much is missing', () => {
    expect(diff({}, { t: 'a'.repeat(2_345) })).toEqual([`+ t = "${'a'.repeat(2_000)}" … (345 more characters)`])
    const lines = diff({}, { t: 'line of text\n'.repeat(1_000) })
    expect(lines.at(-2)).toMatch(/^\+ {3}# … 8\d\d more lines$/)
  })

  test('that differ in a redacted part only are said to differ', () => {
    const redact = (text: string): string => text.replace(/hunter\d/g, '***')
    const lines = diff(
      { u: 'db://hunter1@x', v: 'hunter1' },
      { u: 'db://hunter2@x', v: 'free' },
      {},
      { ...OPEN, redact },
    )
    expect(lines).toEqual(['! u = (hidden)  # differs in a hidden part', '! v = "***" -> "free"'])
  })
})

describe('lists, which may be sets', () => {
  const rule = (port: number, cidrs: string[]) => ({ cidr: cidrs, description: '', port, protocol: 'tcp' })

  test.each<[string, Json[], Json[], string[]]>([
    ['only the order', ['a', 'b', 'c'], ['c', 'a', 'b'], ['! l = ["a", "b", "c"] -> ["c", "a", "b"]  # order changed']],
    [
      'only the order of maps',
      [{ name: 'a' }, { name: 'b' }],
      [{ name: 'b' }, { name: 'a' }],
      ['! l = […]  # only the order of the 2 elements changed'],
    ],
    [
      'an element and the order',
      ['a', 'b', 'c'],
      ['c', 'x', 'a'],
      ['  l = [', '-   "b"', '+   "x"', '    # 2 unchanged elements, order changed', '  ]'],
    ],
    ['one of two equal elements', ['a', 'a'], ['a'], ['  l = [', '-   "a"', '    # 1 unchanged element', '  ]']],
    [
      'an attribute of the map that is most alike, wherever it stands',
      [rule(22, ['10.0.0.0/8']), rule(443, ['0.0.0.0/0'])],
      [rule(443, ['0.0.0.0/0']), rule(22, ['10.0.0.0/8', '172.16.0.0/12'])],
      [
        '  l = [',
        '    {',
        '      port = 22',
        '      protocol = "tcp"',
        '      cidr = [',
        '+       "172.16.0.0/12"',
        '        # 1 unchanged element',
        '      ]',
        '      # 1 unchanged attribute',
        '    }',
        '    # 1 unchanged element, order changed',
        '  ]',
      ],
    ],
    [
      'all of the map with the same name but the name',
      [
        { name: 'b', x: 1, y: 1, z: 1 },
        { name: 'c', x: 9 },
      ],
      [
        { name: 'c', x: 9 },
        { name: 'b', x: 2, y: 2, z: 2 },
      ],
      [
        '  l = [',
        '    {',
        '      name = "b"',
        '!     x = 1 -> 2',
        '!     y = 1 -> 2',
        '!     z = 1 -> 2',
        '    }',
        '    # 1 unchanged element, order changed',
        '  ]',
      ],
    ],
    [
      'a map for one that has little in common with it',
      [{ name: 'a', value: '1' }, 7],
      [{ name: 'b', value: '1' }, 7],
      [
        '  l = [',
        '-   {',
        '-     name = "a"',
        '-     value = "1"',
        '-   }',
        '+   {',
        '+     name = "b"',
        '+     value = "1"',
        '+   }',
        '    # 1 unchanged element',
        '  ]',
      ],
    ],
    ['the only block', [{ size: 1 }], [{ size: 2 }], ['  l = [', '    {', '!     size = 1 -> 2', '    }', '  ]']],
  ])('%s', (_, before, after, lines) => {
    expect(diff({ l: before }, { l: after })).toEqual(lines)
  })

  test('an element that forces a replacement is known by its index or, in a set, by itself', () => {
    const [before, after] = [{ l: [{ name: 'a', size: 1 }, 'x'] }, { l: ['x', { name: 'a', size: 2 }] }]
    for (const step of [1, { name: 'a', size: 2 }, { name: 'a', size: 1 }]) {
      const lines = diff(before, after, {}, { ...OPEN, forced: forcedBy([['l', step, 'size']]) })
      expect(lines).toContain('!     size = 1 -> 2  # forces replacement')
      expect(lines.join('\n').match(/forces/g)).toHaveLength(1)
    }
  })

  test('of 10,000 elements are compared in a moment, whatever differs', () => {
    const maps = (shift: number) =>
      Array.from({ length: 10_000 }, (_, index) => ({ at: (index * 7 + shift) % 10_000, of: index % 3 }))
    const started = process.cpuUsage().user
    expect(diff({ l: maps(0) }, { l: maps(5_000).toReversed() }).length).toBeGreaterThan(0)
    expect(diff({ l: maps(0) }, { l: maps(0).map(({ at }) => ({ at: -at, of: 1 })) }).length).toBeGreaterThan(10_000)
    expect((process.cpuUsage().user - started) / 1_000_000).toBeLessThan(5)
  })
})

describe('whatever the values', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })) as fc.Arbitrary<JsonObject>
  const text = (): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom('a', '\n', ' ', '{', '}', '"', '+') })

  test('every line has its sign, and equal maps have no difference', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        for (const line of diff(before, after)) expect(line).toMatch(/^[-+! ] .*$/s)
        for (const line of diff(before, after)) expect(line).not.toContain('\n')
        const [one, same] = [JSON.stringify(before), JSON.stringify(before)].map((json) => JSON.parse(json) as Json)
        expect(diff(one ?? null, same ?? null)).toEqual([])
      }),
    )
  })

  test('texts that differ are never shown as equal', () => {
    fc.assert(
      fc.property(text(), text(), (before, after) => {
        const changed = diff({ t: before }, { t: after }).filter((line) => /^[-+!]/.test(line))
        expect(changed.length > 0).toBe(before !== after)
      }),
    )
  })

  test('nothing of a sensitive value is shown', () => {
    const secret = fc.integer({ min: 0, max: 9 }).map((digit) => `secret-${digit}`)
    const tree = fc.letrec<{ pair: [Json, Json] }>((tie) => ({
      pair: fc.oneof(
        { depthSize: 'small' },
        secret.map((value): [Json, Json] => [value, true]),
        fc.constant<[Json, Json]>(['open', false]),
        fc
          .dictionary(fc.constantFrom('a', 'b', 'c'), tie('pair'))
          .map((map): [Json, Json] => [
            Object.fromEntries(Object.entries(map).map(([key, [value]]) => [key, value])),
            Object.fromEntries(Object.entries(map).map(([key, [, mark]]) => [key, mark])),
          ]),
        fc
          .array(tie('pair'), { maxLength: 3 })
          .map((list): [Json, Json] => [list.map(([value]) => value), list.map(([, mark]) => mark)]),
      ),
    })).pair
    fc.assert(
      fc.property(tree, tree, ([before, wasMarked], [after, isMarked]) => {
        const lines = diff({ v: before }, { v: after }, { before: { v: wasMarked }, after: { v: isMarked } })
        expect(lines.join('\n')).not.toContain('secret-')
      }),
    )
  })
})
