import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { html } from './html.ts'
import { parsePatch } from './patch.ts'
import { ago } from './time.ts'

test('no text leaves its place in a template, neither in an attribute nor between tags', () => {
  const pieces = fc.constantFrom('<', '>', '"', "'", '&', '&lt;', '</p>', '<script>', '-->', 'a', ' ', '${', '\n')
  fc.assert(
    fc.property(fc.array(pieces), (chosen) => {
      const text = chosen.join('')
      const { markup } = html`<p title="${text}">${text}</p>`
      const [, title = '', inner = ''] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(markup) ?? []
      const read = (escaped: string): string =>
        escaped.replace(
          /&(lt|gt|quot|#39|amp);/g,
          (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '&',
        )
      expect([read(title), read(inner)]).toEqual([text, text])
    }),
  )
})

test('templates nest, lists join, null is nothing', () => {
  expect(html`<ul>${['a', 'b'].map((item) => html`<li>${item}</li>`)}${null}${3}</ul>`.markup).toBe(
    '<ul><li>a</li><li>b</li>3</ul>',
  )
})

test('a patch counts its lines in both files, over several hunks', () => {
  const patch = '@@ -1,2 +1,2 @@ head\n same\n-old\n+new\n@@ -9 +9,2 @@\n+++x\n ++y\n\\ No newline at end of file'
  expect(parsePatch(patch).map(({ kind, old, new: next, text }) => [kind, old, next, text])).toEqual([
    ['hunk', null, null, '@@ -1,2 +1,2 @@ head'],
    ['same', 1, 1, 'same'],
    ['removed', 2, null, 'old'],
    ['added', null, 2, 'new'],
    ['hunk', null, null, '@@ -9 +9,2 @@'],
    ['added', null, 9, '++x'],
    ['same', 9, 10, '++y'],
    ['remark', null, null, '\\ No newline at end of file'],
  ])
})

test.each([
  [59, 'now'],
  [60, '1 minute ago'],
  [7199, '1 hour ago'],
  [30 * 86_400, '30 days ago'],
  [31 * 86_400, 'on Dec 1, 2025'],
])('%i seconds are told as "%s"', (seconds, told) => {
  const now = new Date('2026-01-01T12:00:00Z')
  expect(ago(new Date(now.getTime() - seconds * 1000), now)).toBe(told)
})
