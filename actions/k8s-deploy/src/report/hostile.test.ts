import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HOSTILE as FOREIGN } from '../../../../lib/markdown/fixtures/hostile.ts'
import { htmlOf, searchedBy, tagsOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import { diffObjects } from '../diff/diff.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'
import type { DiffReport } from './diff-model.ts'
import { deployed } from './fixtures/bookings.ts'
import type { Report } from './model.ts'
import { tell, tellDiff } from './told.ts'

const HOSTILE: readonly string[] = [...FOREIGN, '\n\n<details>\n\n$x$ :tada: deadbeef1']

const open = (text: string): string => text

function refWith(hostile: string): Ref {
  return { apiVersion: hostile, kind: hostile, namespace: hostile, name: hostile }
}

/** Everything foreign in it holds the hostile text. */
function reportWith(hostile: string): Report {
  const object = refWith(hostile)
  const source = { file: hostile, document: 1, line: 1 }
  return {
    ...deployed(),
    result: 'rollback-failed',
    app: hostile,
    namespace: 'bookings',
    failure: {
      reason: 'crash-loop',
      message: hostile,
      remedy: hostile,
      object,
      source,
      pod: hostile,
      container: hostile,
    },
    notes: [hostile],
    objects: [
      { object, fate: 'left', state: 'failed', message: hostile, source },
      { object: { ...object, name: `${hostile}2` }, fate: 'unchanged', state: 'ready', message: hostile },
    ],
    timeline: [{ at: new Date(0), what: hostile }],
    evidence: [
      {
        object,
        facts: [hostile],
        events: [{ at: undefined, type: hostile, reason: hostile, message: hostile, count: 2, about: hostile }],
        logs: [{ pod: hostile, container: hostile, previous: true, text: hostile }],
      },
    ],
    commit: hostile,
    actor: hostile,
    runUrl: `https://github.com/${hostile}`,
  }
}

function diffWith(hostile: string): DiffReport {
  const config = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: hostile, namespace: hostile, labels: { [hostile]: hostile } },
    data: { [hostile]: value, text: `first\n${value}`, list: [{ name: hostile }] as never },
  })
  const options = { digestKey: Buffer.alloc(32), redact: open }
  const object = refWith(hostile)
  const hook = diffObjects(config('x'), config(hostile), options)
  return {
    app: hostile,
    namespace: hostile,
    target: { kind: 'context', name: hostile },
    hooks: [{ phase: 'pre-deploy', diff: hook }],
    diffs: [
      diffObjects(undefined, config(hostile), options),
      { ...diffObjects(config('x'), config(hostile), options), side: hostile },
      diffObjects(config(hostile), undefined, options),
      diffObjects(config(hostile), config(hostile), options),
    ],
    uncompared: [{ object, why: hostile }],
    problems: [
      {
        reason: 'conflict',
        message: hostile,
        remedy: hostile,
        object,
        source: { file: hostile, document: 1, line: 1 },
      },
    ],
    notes: [hostile],
    commit: hostile,
    runUrl: `https://github.com/${hostile}`,
  }
}

function markdownsOf(hostile: string): string[] {
  const told = tell(reportWith(hostile), open)
  const diff = (bytes: number) => tellDiff(diffWith(hostile), open, { parts: 4, fullReport: hostile, bytes }).comments
  return [told.summary, told.fullReport, ...diff(64_000), ...diff(3_000)]
}

/** What a report of harmless values is made of; addresses can't leave their attribute. */
const OURS =
  /^<(h2|h3|h4|p|sub|strong|code|code class="language-(diff|text)"|pre|details|details open|summary|span|table|thead|tbody|tr|th|td|th align="(center|left|right)"|td align="(center|left|right)"|ul|li|blockquote|br \/|a href="https:\/\/github\.com\/[^"<>\s]*")>$/
const UNSEEN = ['\u001b', '\u202e', '\u2066', '\u2028', '\u0007']

function expectInert(markdown: string): void {
  const html = htmlOf(markdown)
  expect(tagsOf(html).filter((tag) => !OURS.test(tag))).toEqual([])
  expect(searchedBy(html)).not.toMatch(/(^|[^\w/`])@[a-z0-9-]+/im)
  expect(searchedBy(html)).not.toMatch(/#\d|https?:\/\/(?!github)|:tada:/)
  expect(html.match(/<details/g)?.length ?? 0).toBe(html.match(/<\/details>/g)?.length ?? 0)
  expect(html.match(/<pre>/g)?.length ?? 0).toBe(html.match(/<\/pre>/g)?.length ?? 0)
  for (const character of UNSEEN) expect(markdown).not.toContain(character)
}

test.each(HOSTILE)('%j stays inert', (hostile) => {
  for (const markdown of markdownsOf(hostile)) expectInert(markdown)
})

test('so does any mixture of what Markdown, HTML and terminals heed', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '`',
      '```',
      '\n',
      '\n\n',
      '    ',
      '<',
      '</',
      '>',
      '|',
      '@a',
      '#1',
      '[',
      '](',
      '*',
      '_',
      '~',
      '&',
      '$',
      '\\',
      '\r',
      '\t',
    ),
    fc.constantFrom('details>', 'summary>', 'script>', '!--', '\u202e', '\u001b[0m', '- ', '# ', '> '),
    fc.string({ maxLength: 4 }),
  )
  const hostile = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(hostile, (text) => {
      for (const markdown of markdownsOf(text)) expectInert(markdown)
    }),
    { numRuns: 100 },
  )
})

test('lines of a value always stand behind a sign', () => {
  const [comment = ''] = tellDiff(diffWith('+added\n-removed\n@@ here @@'), open, { parts: 4, fullReport: '' }).comments
  const fences = [...htmlOf(comment).matchAll(/<pre><code[^>]*>(.*?)<\/code><\/pre>/gs)].map(([, inner]) =>
    textOf(inner ?? ''),
  )
  expect(fences).toHaveLength(4)
  expect(fences.join('\n')).not.toMatch(/^(\+added|-removed|@@ here)/m)
})

describe('a known secret', () => {
  const secret = 'hunter_22$hunter'
  const redact = (text: string): string => text.replaceAll(secret, '***')

  test('is shown nowhere, though Markdown would write it otherwise', () => {
    const { annotations, ...texts } = tell(reportWith(secret), redact)
    const diff = tellDiff(diffWith('harmless'), redact, { parts: 4, fullReport: '' })
    for (const text of [...Object.values(texts), JSON.stringify(annotations), diff.diff]) {
      expect(textOf(text)).not.toMatch(/hunter/)
    }
  })

  test('that is a word of the report changes no decision', () => {
    const words = /deployed|changed|ready|rolling/g
    const { summary } = tell(deployed(), (text) => text.replace(words, '***'))
    expect(summary).toMatch(/^### ✅ /)
    expect(summary).not.toContain('undefined')
  })
})
