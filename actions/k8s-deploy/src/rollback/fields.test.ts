import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describePath, type FieldSet, holdsItself, intersection, membersOfList, union, without } from './fields.ts'

const member = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"')
const { set } = fc.letrec<{ set: FieldSet }>((tie) => ({
  set: fc
    .dictionary(member, fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('set')), { maxKeys: 3 })
    .chain((fields) =>
      fc.boolean().map((self) => (self && Object.keys(fields).length > 0 ? { '.': {}, ...fields } : fields)),
    ),
}))

/** Every field that is itself in the set. */
function paths(fields: FieldSet | undefined, above: readonly string[] = []): string[] {
  return Object.entries(fields ?? {})
    .filter(([name]) => name !== '.')
    .flatMap(([name, below]) => [
      ...(holdsItself(below) ? [[...above, name].join(' ')] : []),
      ...paths(below, [...above, name]),
    ])
}

describe('sets of fields', () => {
  test('a union has what either has, an intersection what both have', () => {
    fc.assert(
      fc.property(set, set, (one, other) => {
        const [left, right] = [new Set(paths(one)), new Set(paths(other))]
        expect(new Set(paths(union(one, other)))).toEqual(new Set([...left, ...right]))
        expect(new Set(paths(intersection(one, other)))).toEqual(new Set([...left].filter((path) => right.has(path))))
      }),
    )
  })

  test('without a field nothing of it and everything else is left', () => {
    fc.assert(
      fc.property(set, fc.array(member, { minLength: 1, maxLength: 3 }), (fields, path) => {
        const gone = path.join(' ')
        const kept = paths(fields).filter((one) => one !== gone && !one.startsWith(`${gone} `))
        const left = paths(without(fields, path))
        expect(left.filter((one) => one === gone || one.startsWith(`${gone} `))).toEqual([])
        expect(left).toEqual(expect.arrayContaining(kept))
      }),
    )
  })
})

describe('membersOfList', () => {
  test('elements are told by the keys that the set names, in whatever order and escapes it writes them', () => {
    const ports = [
      { containerPort: 80, protocol: 'TCP' },
      { containerPort: 53, protocol: 'UDP', name: 'dns' },
    ]
    const written = 'k:{"protocol":"TCP","containerPort":80}'
    expect(membersOfList({ [written]: {} }, ports)).toEqual([written, 'k:{"containerPort":53,"protocol":"UDP"}'])
    expect(membersOfList({ 'k:{"name":"a\\u0026b"}': {} }, [{ name: 'a&b' }])).toEqual(['k:{"name":"a\\u0026b"}'])
    expect(membersOfList({ 'v:"a"': {} }, ['a', 'b'])).toEqual(['v:"a"', 'v:"b"'])
  })

  test('not told apart: a list that is owned as a whole, and two elements with the same keys', () => {
    expect(membersOfList({}, ['a'])).toBeUndefined()
    expect(membersOfList({ 'k:{"name":"a"}': {} }, [{ name: 'a' }, { name: 'a' }])).toBeUndefined()
  })
})

test('a path is written as people do', () => {
  expect(describePath(['f:spec', 'f:containers', 'k:{"name":"web"}', 'f:image'])).toBe(
    'spec.containers[{"name":"web"}].image',
  )
})
