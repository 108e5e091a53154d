import { type Document, isMap, LineCounter, type Node, parseAllDocuments, type YAMLParseError } from 'yaml'
import type { Manifest, Source } from '../kube/manifest.ts'
import { type Fields, isFields } from './fields.ts'
import { identified, isList, itemsOf, RENDER_FIRST } from './identity.ts'
import { invalidManifest } from './invalid.ts'
import { jsonValues } from './json-values.ts'
import { MAX_DEPTH, YamlRefusal, yamlValue } from './yaml-value.ts'

/** etcd takes 1.5 MiB per object, and reading takes about a second per MiB on a small runner. */
const MAX_LENGTH = 10 * 2 ** 20

interface ParsedDocument {
  value: Fields
  source: Source
  /** For a `List`, the line of each item. */
  itemLines: number[]
}

/**
 * The manifests of a file, each with its place: YAML documents, or JSON objects one after the other. Reads what kubectl
 * 1.34 reads (scalars.ts) but for this: a key twice in one map is an error. `kind: List` is taken apart; documents without
 * content are left out.
 *
 * @param file named in errors and sources
 * @throws DeployError `invalid-manifest` with file, document and line
 */
export function parseManifests(text: string, file: string): Manifest[] {
  if (text.length > MAX_LENGTH) {
    throw invalidManifest(
      { file, document: 1, line: 1 },
      `the file has ${Math.ceil(text.length / 2 ** 20)} MiB; up to ${MAX_LENGTH / 2 ** 20} are read`,
    )
  }
  return documentsOf(text.replace(/^\uFEFF/, ''), file).flatMap(manifestsOf)
}

function manifestsOf({ value, source, itemLines }: ParsedDocument): Manifest[] {
  if (!isList(value)) return [{ object: identified(value, source), source }]
  return itemsOf(value).flatMap((item, index) => {
    const place = { ...source, line: itemLines[index] ?? source.line }
    return manifestsOf({ value: asFields(item, place), source: place, itemLines: [] })
  })
}

function asFields(value: unknown, source: Source): Fields {
  if (isFields(value)) return value
  throw invalidManifest(source, 'this is no map of fields, as every object of Kubernetes is')
}

function documentsOf(text: string, file: string): ParsedDocument[] {
  if (!/^\s*\{/.test(text)) return yamlDocuments(text, file)
  const json = jsonValues(text)
  const lineAt = lineFinder(text)
  if (json.kind === 'other') return yamlDocuments(text, file)
  if (json.kind === 'refused') throw invalidManifest({ file, document: 1, line: lineAt(json.offset) }, json.reason)
  return json.values.map(({ value, offset }, index) => {
    const source = { file, document: index + 1, line: lineAt(offset) }
    return { value: asFields(value, source), source, itemLines: [] }
  })
}

/** For offsets that grow. */
function lineFinder(text: string): (offset: number) => number {
  let line = 1
  let seen = 0
  return (offset) => {
    for (; seen < offset; seen += 1) if (text[seen] === '\n') line += 1
    return line
  }
}

function yamlDocuments(text: string, file: string): ParsedDocument[] {
  const lines = new LineCounter()
  const source = (document: number, offset: number): Source => ({ file, document, line: lines.linePos(offset).line })
  return composed(text, lines).flatMap((document, index) => {
    const number = index + 1
    const [error] = document.errors
    if (error !== undefined) throw notYaml(text, source(number, error.pos[0]), describeYamlError(error))
    const start = document.contents?.range?.[0] ?? document.range[0]
    const value = readValue(document, (offset) => source(number, offset ?? start), text)
    if (value === null) return []
    const place = source(number, start)
    return [{ value: asFields(value, place), source: place, itemLines: itemLines(document, lines) }]
  })
}

function composed(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, {
    lineCounter,
    schema: 'failsafe',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  return 'empty' in documents ? [] : documents
}

function readValue(document: Document.Parsed, place: (offset: number | undefined) => Source, text: string): unknown {
  try {
    return yamlValue(document)
  } catch (cause) {
    if (cause instanceof YamlRefusal) throw notYaml(text, place(cause.offset), cause.message)
    throw cause
  }
}

/** Without the text that the parser stumbled over: it may be a Secret's. */
function describeYamlError({ code, message }: YAMLParseError): string {
  return code === 'RESOURCE_EXHAUSTION'
    ? `it is nested deeper than ${MAX_DEPTH} levels`
    : message.replace(/: ".*$/s, '')
}

/** Braces of a template are flow maps to YAML, which may fail a line later, and what its parser says helps nobody. */
function notYaml(text: string, source: Source, message: string): Error {
  const lines = text.split('\n', source.line).slice(-2)
  return lines.some((line) => line.includes('{{'))
    ? templateText(source)
    : invalidManifest(source, `this isn't YAML that Kubernetes takes: ${message}`)
}

function templateText(source: Source): Error {
  return invalidManifest(source, 'template text ({{ … }}) is still in it', { remedy: RENDER_FIRST })
}

function itemLines(document: Document.Parsed, lines: LineCounter): number[] {
  const items: unknown = isMap(document.contents) ? document.contents.get('items', true) : undefined
  const nodes = (items as { items?: (Node | null)[] } | undefined)?.items ?? []
  return nodes.map((node) => lines.linePos(node?.range?.[0] ?? document.range[0]).line)
}
