import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { programPath } from '../../../../lab/cluster/build.ts'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { DeployError } from '../failure.ts'
import { corpus, readByKubectl } from './fixtures/kubectl/record.ts'
import { parseManifests } from './parse.ts'

const folder = join(import.meta.dirname, 'fixtures/kubectl')
const recorded = JSON.parse(readFileSync(join(folder, 'recorded.json'), 'utf8')) as Record<string, string[]>

/** One text per object: all digits kept, keys in order, and without the empty labels that kubectl's command leaves. */
function canonical(json: string): string {
  const object = parseJsonExact(json) as { metadata: Record<string, unknown> }
  const { labels: _, ...metadata } = object.metadata
  return canonicalJson({ ...object, metadata })
}

function failure(text: string): { message: string; line: number | undefined; document: number | undefined } {
  try {
    parseManifests(text, 'k8s/web.yaml')
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    expect(error.failure.reason).toBe('invalid-manifest')
    const { message, source } = error.failure
    return { message, line: source?.line, document: source?.document }
  }
  throw new Error('nothing was thrown')
}

const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`

describe('the same as kubectl', () => {
  test.each(corpus)('%s', (name) => {
    const objects = parseManifests(readFileSync(join(folder, name), 'utf8'), name).map(({ object }) => object)

    expect(objects.map((object) => canonical(JSON.stringify(object)))).toEqual(recorded[name]?.map(canonical))
  })

  const kubectl = programPath('kubectl')
  const testLive = existsSync(kubectl) ? test : test.skip
  testLive('kubectl still says what was recorded', () => {
    expect(Object.fromEntries(corpus.map((name) => [name, readByKubectl(kubectl, name)]))).toEqual(recorded)
  })
})

describe('places', () => {
  test('each document has its number and line, and each item of a List its line', () => {
    const text = `# head\n---\n# comment\n${configMap('a')}---\n\n${configMap('b')}---\napiVersion: v1\nkind: List\nitems:\n  - ${configMap('c').replaceAll('\n', '\n    ')}\n  - ${configMap('d').replaceAll('\n', '\n    ')}\n`

    const places = parseManifests(text, 'k8s/all.yaml').map(({ object, source }) => [object.metadata.name, source])

    expect(places).toEqual([
      ['a', { file: 'k8s/all.yaml', document: 1, line: 4 }],
      ['b', { file: 'k8s/all.yaml', document: 2, line: 10 }],
      ['c', { file: 'k8s/all.yaml', document: 3, line: 18 }],
      ['d', { file: 'k8s/all.yaml', document: 3, line: 23 }],
    ])
  })

  test('JSON objects one after the other have theirs', () => {
    const one = (name: string) => `{"apiVersion": "v1",\n"kind": "ConfigMap", "metadata": {"name": "${name}"}}`

    const lines = parseManifests(`\n${one('a')}\n${one('b')}${one('c')}`, 'a.json').map(({ source }) => source.line)

    expect(lines).toEqual([2, 4, 5])
  })

  test('documents without content give nothing', () => {
    expect(parseManifests('', 'a.yaml')).toEqual([])
    expect(parseManifests('# nothing\n---\n---\n# here\n', 'a.yaml')).toEqual([])
  })
})

describe('what is refused', () => {
  test.each([
    ['no YAML', `${configMap('a')}---\nkind: [\n`, 2, 7, "this isn't YAML"],
    ['a tab', 'kind:\n\t- a', 1, 2, "this isn't YAML"],
    ['a key twice', configMap('a', 'data:\n  x: 1\n  "x": 2\n'), 1, 7, 'the key "x" is there twice'],
    ['keys that become one', configMap('a', 'data:\n  1: a\n  "1": b\n'), 1, 7, 'the key "1" is there twice'],
    ['a key twice in JSON', '{"kind": "A",\n"kind": "B"}', 1, 1, 'a key is there twice'],
    ['an escaped key twice in JSON', '{"kind": "A",\n"k\\u0069nd": "B"}', 1, 1, 'a key is there twice'],
    ['a map as key', configMap('a', '? {a: b}\n: c\n'), 1, 5, 'a key is no text'],
    ['an empty key', configMap('a', '~: c\n'), 1, 5, 'a key is no text'],
    ['infinity', configMap('a', 'data:\n  x: .inf\n'), 1, 6, '.inf is no number'],
    ['a wrong tag', configMap('a', 'data: !!int x\n'), 1, 5, 'its tag'],
    ['a merge of a number', configMap('a', '<<: 3\n'), 1, 5, 'the value of << is no map'],
    ['an alias of nothing', configMap('a', 'data: *no\n'), 1, 5, 'alias'],
    ['an anchor in itself', configMap('a', 'data: &a\n  x: *a\n'), 1, 6, 'alias'],
    [
      'an anchor of another document',
      `${configMap('a', 'x: &a 1\n')}---\n${configMap('b', 'x: *a\n')}`,
      2,
      11,
      'alias',
    ],
    ['no map', 'just text', 1, 1, 'no map of fields'],
    ['a list', '- a', 1, 1, 'no map of fields'],
    ['an item that is none', 'apiVersion: v1\nkind: List\nitems:\n  - text\n', 1, 4, 'no map of fields'],
    ['no apiVersion', 'kind: ConfigMap\nmetadata: {name: a}', 1, 1, 'apiVersion is missing'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', 1, 1, 'kind is missing'],
    ['no metadata', 'apiVersion: v1\nkind: ConfigMap', 1, 1, 'this ConfigMap has no metadata'],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}', 1, 1, 'metadata.name is missing'],
    ['a number as name', configMap('0644'), 1, 1, 'metadata.name is the number 420 and must be text'],
    ['a boolean as name', configMap('yes'), 1, 1, 'metadata.name is the boolean true and must be text'],
    ['a name that breaks code spans', configMap('"a`b"'), 1, 1, "which the API doesn't allow"],
    ['a name that leads elsewhere', configMap('".."'), 1, 1, "which the API doesn't allow"],
    ['a name with a slash', configMap('a/b'), 1, 1, "which the API doesn't allow"],
    [
      'an apiVersion of two slashes',
      'apiVersion: a/b/c\nkind: A\nmetadata: {name: a}',
      1,
      1,
      "which the API doesn't allow",
    ],
    [
      'generateName',
      'apiVersion: v1\nkind: Job\nmetadata: {generateName: a-}',
      1,
      1,
      'metadata.generateName and no metadata.name',
    ],
    [
      'a number as label',
      configMap('a', '  labels: {version: 1}\n'),
      1,
      1,
      'metadata.labels "version" is the number 1',
    ],
    [
      'a boolean as annotation',
      configMap('a', '  annotations: {on: yes}\n'),
      1,
      1,
      'metadata.annotations "true" is the boolean',
    ],
    ['labels that are a list', configMap('a', '  labels: [a]\n'), 1, 1, 'metadata.labels of ConfigMap `a` is no map'],
    ['template text', configMap('{{ .Release.Name }}'), 1, 4, 'template text ({{ … }}) is still in it'],
    [
      'quoted template text',
      configMap('"{{ .Release.Name }}-web"'),
      1,
      1,
      'template text ({{ … }}) is still in metadata.name',
    ],
    ['a template block', `{{- if .Values.web }}\n${configMap('a')}{{- end }}`, 1, 1, 'template text'],
    ['a kustomization', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n', 1, 1, 'a kustomization'],
  ])('%s', (_, text, document, line, words) => {
    const { message, ...place } = failure(text)

    expect(place).toEqual({ document, line })
    expect(message).toContain(`k8s/web.yaml, document ${document} (line ${line}): `)
    expect(message).toContain(words)
  })

  test.each([
    'data: !!int hunter2',
    'data:\n  a: "b"\n hunter2',
    'data: ]hunter2',
    'data: "\\hunter2"',
    'data: [a] hunter2',
    '@hunter2',
    'data: {a: hunter2',
  ])('no error quotes what may be secret: %s', (text) => {
    expect(failure(configMap('a', text)).message).not.toContain('hunter2')
  })

  test('template text that is content, not syntax, is left alone', () => {
    const [manifest] = parseManifests(configMap('a', 'data:\n  alert: "{{ $labels.instance }} is down"\n'), 'a.yaml')

    expect(manifest?.object['data']).toEqual({ alert: '{{ $labels.instance }} is down' })
  })
})

describe('hostile text ends soon', () => {
  const levels = (count: number) =>
    Array.from({ length: count }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]\n`)
  test.each([
    ['an alias bomb', configMap('a', `a0: &a0 x\n${levels(12).join('')}`), 'aliases expand'],
    ['brackets without end', '['.repeat(200_000), ''],
    ['deep brackets', configMap('a', `x: ${'['.repeat(5_000)}${']'.repeat(5_000)}`), 'nested deeper'],
    ['deep sequences', configMap('a', `x:\n${'- '.repeat(5_000)}a`), 'nested deeper'],
    ['deep JSON', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 'nested deeper'],
    ['a string without end', `{"a": "${'\\"'.repeat(500_000)}`, ''],
    [
      'many keys',
      configMap('a', `${Array.from({ length: 50_000 }, (_, key) => `k${key}: v\n`).join('')}k0: v\n`),
      'twice',
    ],
    ['too long a text', 'x'.repeat(11 * 2 ** 20), '11 MiB'],
  ])('%s', (_, text, words) => {
    const start = performance.now()

    expect(failure(text).message).toContain(words)
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('keys of the language itself are keys like others', () => {
    const [manifest] = parseManifests(
      configMap('a', 'data:\n  __proto__: {polluted: yes}\n  constructor: b\n'),
      'a.yaml',
    )

    expect(Object.keys(manifest?.object['data'] ?? {})).toEqual(['__proto__', 'constructor'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('for all documents', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())
  const content = fc.dictionary(text, text, { maxKeys: 5 })
  const objects = fc
    .array(content, { maxLength: 5 })
    .map((all) =>
      all.map((data, index) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${index}` }, data })),
    )

  test('JSON, one after the other, gives the objects back', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom('', ' ', '\n'), fc.constantFrom(0, 2, '\t'), (all, separator, indent) => {
        const json = all.map((object) => JSON.stringify(object, null, indent)).join(separator)
        expect(parseManifests(json, 'a.json').map(({ object }) => object)).toEqual(all)
      }),
      { numRuns: 200 },
    )
  })

  test('YAML documents give the objects back', () => {
    const printable = fc.string({ maxLength: 20 })
    const data = fc.dictionary(
      printable,
      fc.oneof(printable, fc.constantFrom('yes', '0644', '1:30', '~', '---', '<<')),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(fc.array(data, { maxLength: 5 }), (all) => {
        const wanted = all.map((one, index) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `c${index}` },
          data: one,
        }))
        const yaml = wanted
          .map((object) =>
            stringify(object, { version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' }),
          )
          .join('---\n')
        expect(parseManifests(yaml, 'a.yaml').map(({ object }) => object)).toEqual(wanted)
      }),
      { numRuns: 200 },
    )
  })

  test('any text is either read or refused with its place', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'a',
            ':',
            ' ',
            '\n',
            '-',
            '{',
            '}',
            '[',
            ']',
            '"',
            '&',
            '*',
            '<',
            '!',
            '?',
            '|',
            '#',
            ',',
            '0',
            '.',
          ),
        }),
        (any) => {
          try {
            parseManifests(any, 'a.yaml')
          } catch (error) {
            expect(error).toBeInstanceOf(DeployError)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
