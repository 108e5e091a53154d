import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { renderMarkdown } from './markdown.ts'

function inner(markdown: string): string {
  return renderMarkdown(markdown).markup.replace(/^<div class="markdown-body">|<\/div>$/g, '')
}

test('a new line is a new line, outside of code and HTML', () => {
  expect(inner('one\ntwo *three\nfour*')).toBe('<p>one<br>\ntwo <em>three<br>\nfour</em></p>')
  expect(inner('```text\none\ntwo\n```')).not.toContain('<br>')
  expect(inner('<details>\n<summary>s</summary>\n\ntext\n</details>')).not.toContain('<br>')
})

test.each(['note', 'tip', 'important', 'warning', 'caution'])('an alert of kind %s keeps all of its text', (kind) => {
  const word = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  const markup = inner(`> [!${kind.toUpperCase()}]\n> Say **this**:\n> - item\n>\n> And that.`)
  expect(markup).toMatch(/^<div class="markdown-alert markdown-alert-[a-z]+"><p class="markdown-alert-title"><svg /)
  expect(
    markup
      .replace(/<\/?(p|ul|li|div)\b[^>]*>/g, '\n')
      .replace(/<[^>]*>/g, '')
      .trim()
      .split(/\s*\n+\s*/),
  ).toEqual([word, 'Say this:', 'item', 'And that.'])
})

test.each(['> [!NOTE] on one line', '> [!NOTHING]\n> text', '> text\n> [!NOTE]', '[!NOTE]\ntext'])(
  '%j is no alert',
  (markdown) => {
    expect(inner(markdown)).not.toContain('markdown-alert')
  },
)

test('only fences of language diff are coloured as diffs, and no line is lost', () => {
  const lines = ['+ a', '- b', '! c', '@@ -1 +1 @@', '# d', '  + e', '', '--- f']
  const markup = inner(`\`\`\`diff\n${lines.join('\n')}\n\`\`\``)
  expect([...markup.matchAll(/<span class="(pl-\w+)">(.*?)<\/span>/g)].map(([, kind, text]) => [kind, text])).toEqual([
    ['pl-mi1', '+ a'],
    ['pl-md', '- b'],
    ['pl-mc', '! c'],
    ['pl-mdr', '@@ -1 +1 @@'],
    ['pl-c', '# d'],
    ['pl-md', '--- f'],
  ])
  expect(markup.replace(/<[^>]*>/g, '')).toBe(`${lines.join('\n')}\n`)
  expect(inner(`\`\`\`text\n${lines.join('\n')}\n\`\`\``)).not.toContain('<span')
})

test('code has colours by its language; one that is not known has none', () => {
  expect(inner('```js\nconst a = 1\n```')).toContain('<span class="hljs-keyword">const</span>')
  expect(inner('```hcl\na = 1\n```')).toContain('a = 1')
  expect(inner('```hcl\na = 1\n```')).not.toContain('<span')
})

test('an image becomes a link, which tells nothing of where it stood', () => {
  expect(inner('![plot](http://elsewhere.example/p.png)')).toBe(
    '<p><a class="outside-image" href="http://elsewhere.example/p.png" rel="nofollow noopener noreferrer">plot</a></p>',
  )
})

/** A tag as the renderer writes it: slash, name, attributes. */
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)>/gi
const FORBIDDEN = /^(script|style|iframe|template|math|object|form|img|link|meta|base)$/i
const VOID = /^(br|hr|input)$/

test('whatever the text, the markup holds only elements that GitHub allows, balanced, without handlers', () => {
  const pieces = fc.constantFrom(
    ...[
      '<script>',
      '</script>',
      '<details>',
      '</details>',
      '<summary>',
      '<img src=x onerror=a>',
      '<svg onload=a>',
      '<a href=javascript:a>',
    ],
    ...[
      '<table><td>',
      '</div>',
      '<style>',
      '<!--',
      '-->',
      '<![CDATA[',
      '```',
      '````diff',
      '> [!NOTE]',
      '\n',
      '\n\n',
      '- [x] ',
      '+ a',
      '|a|\n|-|',
      '<p style=a>',
    ],
    ...['&lt;script&gt;', '[a](javascript:a)', '`', '$', '<iframe srcdoc="<b>">', '\u0000', '<template>', '<math><mi>'],
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (chosen) => {
      const markup = inner(chosen.join(''))
      expect(markup.replace(TAG, '')).not.toContain('<')
      const tags = [...markup.matchAll(TAG)].map(([, slash, name = '', attributes = '']) => ({
        slash,
        name,
        attributes,
      }))
      const names = (slash: string) => tags.filter((tag) => tag.slash === slash).map(({ name }) => name)
      expect(names('').filter((name) => FORBIDDEN.test(name))).toEqual([])
      expect(
        names('')
          .filter((name) => !VOID.test(name))
          .toSorted(),
      ).toEqual(names('/').toSorted())
      expect(
        tags.filter(({ attributes }) => /\s(on\w+|style|srcdoc|src)\b|="\s*javascript:/i.test(attributes)),
      ).toEqual([])
    }),
    { numRuns: 300 },
  )
})
