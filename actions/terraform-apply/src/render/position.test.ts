import { describe, expect, test } from '@jest/globals'
import { htmlOf, searchedBy, tagsOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { Position } from '../hcl/positions.ts'
import { open, PLANNED, planOf, reportOf, resource } from './fixtures/build.ts'
import { commentBodies, fullReport, type Report } from './report.ts'

const URL = 'https://github.com/octo/infra/blob/4f3c2b1a'

function reportWith(position: Position, count = 1): Report {
  const plan = planOf(
    Array.from({ length: count }, (_, index) =>
      resource(`a.b[${index}]`, ['create'], null, { input: `value ${index}` }),
    ),
  )
  return reportOf(PLANNED, plan, { source: { url: URL, positions: new Map([['a.b', position]]) } })
}

function htmlWith(position: Position): string {
  return htmlOf(fullReport(reportWith(position), open))
}

describe('where an object is declared', () => {
  test('is linked to the file at the commit', () => {
    expect(htmlWith({ file: 'infra/main.tf', line: 12 })).toContain(
      `<p><a href="${URL}/infra/main.tf#L12"><code>infra/main.tf:12</code></a></p>`,
    )
    expect(htmlWith({ file: 'infra/a b#1?%.tf', line: 1 })).toContain(`href="${URL}/infra/a%20b%231%3F%25.tf#L1"`)
  })

  test('of an object in a downloaded module is where that is called', () => {
    const html = htmlWith({ file: 'infra/main.tf', line: 3, module: 'module.vpc' })
    expect(textOf(html)).toContain('module.vpc, called in infra/main.tf:3')
  })

  test.each([
    'a"><script>alert(1)</script>.tf',
    "a' onclick='x'.tf",
    '@outsider/[x](https:) `c`\n\n# h.tf',
    '\ud800.tf',
  ])('stays inert in a file named %j', (file) => {
    const html = htmlWith({ file, line: 1, module: file })
    expect(tagsOf(html).filter((tag) => /^<(script|h1)|onclick=/.test(tag))).toEqual([])
    expect(tagsOf(html).filter((tag) => tag.startsWith('<a '))).toHaveLength(2)
    expect(searchedBy(html)).not.toMatch(/(^|[^\w/`])@[a-z]/im)
  })

  test('is no link where the name holds a secret', () => {
    const redact = (text: string) => text.replaceAll('hunter2', '***')
    const markdown = fullReport(reportWith({ file: 'infra/hunter2.tf', line: 1 }), redact)
    expect(markdown).not.toContain('hunter2')
    expect(textOf(htmlOf(markdown))).toContain('infra/***.tf:1')
  })

  test('gives way where the changes need its room', () => {
    const options = { bytes: 20_000, parts: 2, fullReport: 'the summary' }
    const bodies = (count: number) =>
      commentBodies(reportWith({ file: 'infra/main.tf', line: 12 }, count), open, options)
    const few = bodies(100)
    expect(few.bodies.join('\n')).toContain('infra/main.tf:12')
    const more = bodies(200)
    expect([more.kind, more.bodies.join('\n').includes('infra/main.tf:12')]).toEqual(['whole', false])
    const most = bodies(1_000)
    expect([most.kind, most.bodies.join('\n').includes('infra/main.tf:12')]).toEqual(['shortened', true])
  })
})
