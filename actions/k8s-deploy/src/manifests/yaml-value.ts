import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar as ScalarNode,
  type YAMLMap,
} from 'yaml'
import { type Fields, isFields } from './fields.ts'
import { jsonInteger, keyText, plainScalar, type Scalar } from './scalars.ts'

/** What a document holds that no manifest may. `offset` counts UTF-16 units from the start of the text. */
export class YamlRefusal extends Error {
  readonly offset: number | undefined

  constructor(message: string, offset: number | undefined) {
    super(message)
    this.name = 'YamlRefusal'
    this.offset = offset
  }
}

/** Go's JSON and YAML decoders stop at 10,000; the deepest schemas of real CustomResourceDefinitions have about 60 levels. */
export const MAX_DEPTH = 500

/** Of one document, aliases expanded: about what etcd takes at most (1.5 MiB) if every value had one byte. */
const MAX_VALUES = 500_000

const TAG = 'tag:yaml.org,2002:'
const TYPED: Readonly<Record<string, (value: Scalar) => boolean>> = {
  [`${TAG}int`]: (value) => typeof value === 'bigint',
  [`${TAG}float`]: (value) => typeof value === 'number' || typeof value === 'bigint',
  [`${TAG}bool`]: (value) => typeof value === 'boolean',
  [`${TAG}null`]: (value) => value === null,
}

/**
 * The JSON value of a YAML document, as kubectl reads it (see scalars.ts). The document has been parsed with the `failsafe`
 * schema, so that every scalar is text. Aliases become copies, so the size of the result is bounded.
 *
 * @throws YamlRefusal for duplicate keys (kubectl itself takes the last one in silence), keys that are lists or maps,
 *   infinity and NaN, aliases of nothing or of what they stand in, too many values, too many levels
 */
export function yamlValue(document: Document.Parsed): unknown {
  const anchors = new Map<string, unknown>()
  let values = 0

  function count(offset: number | undefined): void {
    values += 1
    if (values > MAX_VALUES) throw new YamlRefusal(`its aliases expand to more than ${MAX_VALUES} values`, offset)
  }

  function read(node: Node | null, depth: number): unknown {
    if (node === null) return null
    const offset = node.range?.[0]
    count(offset)
    if (depth > MAX_DEPTH) throw new YamlRefusal(`it is nested deeper than ${MAX_DEPTH} levels`, offset)
    const value = contentOf(node, depth)
    if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, value)
    return value
  }

  function contentOf(node: Node, depth: number): unknown {
    if (isMap(node)) return mapOf(node, depth)
    if (isSeq(node)) return node.items.map((item) => read(item as Node | null, depth + 1))
    if (isScalar(node)) return inJson(scalarOf(node))
    if (isAlias(node)) return copy(anchored(node.source, node.range?.[0]), node.range?.[0])
    return null
  }

  function anchored(name: string, offset: number | undefined): unknown {
    if (anchors.has(name)) return anchors.get(name)
    throw new YamlRefusal(`the alias *${name} has no anchor before it`, offset)
  }

  function copy(value: unknown, offset: number | undefined): unknown {
    count(offset)
    if (Array.isArray(value)) return value.map((element) => copy(element, offset))
    if (!isFields(value) || Object.isFrozen(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner, offset)]))
  }

  function mapOf(map: YAMLMap, depth: number): Fields {
    const entries = new Map<string, unknown>()
    const own = new Set<string>()
    for (const { key, value } of map.items as { key: Node | null; value: Node | null }[]) {
      if (isMergeKey(key)) {
        for (const [name, inner] of merged(read(value, depth + 1), key.range?.[0])) entries.set(name, inner)
        continue
      }
      const name = nameOf(key, depth)
      if (own.has(name)) throw new YamlRefusal(`the key ${JSON.stringify(name)} is there twice`, key?.range?.[0])
      own.add(name)
      entries.set(name, read(value, depth + 1))
    }
    return Object.fromEntries(entries)
  }

  function nameOf(key: Node | null, depth: number): string {
    const resolved = isAlias(key) ? read(key, depth) : isScalar(key) ? scalarOf(key) : undefined
    if (isScalar(key) && key.anchor !== undefined) anchors.set(key.anchor, inJson(resolved as Scalar))
    const name = isKey(resolved) ? keyText(resolved) : undefined
    if (name === undefined) throw new YamlRefusal('a key is no text', key?.range?.[0])
    return name
  }

  return read(document.contents, 0)
}

function isKey(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

function inJson(value: Scalar): unknown {
  return typeof value === 'bigint' ? jsonInteger(value) : value
}

function isMergeKey(key: Node | null): key is ScalarNode {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<'
}

/** In a list of maps the earlier ones win. Unlike in the YAML specification, keys above `<<` lose: so it is in kubectl. */
function merged(value: unknown, offset: number | undefined): [string, unknown][] {
  const maps = Array.isArray(value) ? value.toReversed() : [value]
  if (!maps.every(isFields)) throw new YamlRefusal('the value of << is no map', offset)
  return maps.flatMap(Object.entries)
}

function scalarOf(node: ScalarNode): Scalar {
  const text = String(node.value ?? '')
  if (node.tag === `${TAG}binary`) return Buffer.from(text, 'base64').toString()
  const typed = node.tag === undefined ? undefined : TYPED[node.tag]
  if (typed === undefined) return node.tag === undefined && node.type === 'PLAIN' ? plain(text, node) : text
  const value = plain(text, node)
  if (!typed(value)) throw new YamlRefusal("a value isn't what its tag says", node.range?.[0])
  return value
}

function plain(text: string, node: ScalarNode): Scalar {
  try {
    return plainScalar(text)
  } catch (cause) {
    throw new YamlRefusal((cause as Error).message, node.range?.[0])
  }
}
