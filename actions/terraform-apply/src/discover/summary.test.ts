import { expect, test } from '@jest/globals'
import { goneText, summaryOf } from './summary.ts'

const root = (name: string, directory = name, workspace = '') => ({ name, directory, workspace })

test('a table with the concerned roots first, each with its reason', () => {
  const verdicts = [
    { root: root('untouched'), concern: undefined },
    { root: root('own'), concern: { kind: 'changed', path: 'own/main.tf', because: { kind: 'own' } } as const },
    {
      root: root('module-blue', 'module', 'blue'),
      concern: {
        kind: 'changed',
        path: 'net/main.tf',
        because: { kind: 'module', folder: 'net', calledBy: 'module/main.tf' },
      } as const,
    },
    { root: root('.', ''), concern: { kind: 'new' } as const },
  ]
  expect(summaryOf({ verdicts, gone: [] }).split('\n')).toEqual([
    '## Terraform roots',
    '',
    '3 of 4 roots are concerned.',
    '',
    '| root | folder | why |',
    '| --- | --- | --- |',
    '| <code>own</code> | <code>own</code> | <code>own/main.tf</code> |',
    '| <code>module-blue</code> | <code>module</code>, workspace <code>blue</code> | <code>net/main.tf</code>, of the module <code>net</code> that <code>module/main.tf</code> calls |',
    '| <code>.</code> | <code>.</code> | new, or changed in ondol.yml |',
    '| <code>untouched</code> | <code>untouched</code> | – |',
  ])
})

test('paths can’t break out of the table', () => {
  const path = 'a/`|<img src=x>\n@author.tf'
  const because = { kind: 'named', namedBy: path } as const
  const summary = summaryOf({
    verdicts: [{ root: root('a', path), concern: { kind: 'changed', path, because } }],
    gone: [],
  })
  expect(summary.split('\n')).toHaveLength(7)
  expect(summary).not.toMatch(/<img|@author|`/)
})

test('what is gone is told with what remains of it', () => {
  expect(summaryOf({ verdicts: [], gone: [{ ...root('old'), stays: false }] })).toMatch(
    /0 of 0 roots are concerned\.\n\nThe root is gone: <code>old<\/code>\. What it made stays in its state.*Destroy it first/,
  )
  expect(
    goneText(
      ['a', 'b', 'c'].map((name) => ({ ...root(name), stays: name === 'c' })),
      (name) => name,
    ),
  ).toMatch(
    /^The root is no longer among the roots, though its configuration stays: c\. .* These roots are gone: a, b\. What they made stays in their state/,
  )
})
