import { stringify } from 'yaml'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { type Fields, isFields } from '../manifests/fields.ts'

/** One line of YAML, and where it stands. */
export interface Line {
  text: string
  /** Of what the line belongs to: `spec.template.spec.containers[web]`; empty at the top. */
  path: string
  /** Within a text of several lines, from 1. */
  number?: number
}

/** Longer lines are cut, with a digest of the whole, so that a change further on is still seen. In UTF-16 units. */
const LONGEST_LINE = 400
const SHOWN_OF_LONG = 160

/** The keys that tell what something is come first; the others in the order in which the API gives them. */
const FIRST_KEYS: readonly string[] = ['apiVersion', 'kind', 'metadata', 'name', 'namespace']

/** The object as YAML, in kubectl's layout. Numbers, texts and keys are written so that they read as what they are. */
export function yamlLines(object: Fields): Line[] {
  return [...mapLines(object, '', '')]
}

function* mapLines(map: Fields, indent: string, path: string): Generator<Line> {
  for (const key of Object.keys(map).sort(byRank)) {
    const head = `${indent}${scalar(key)}:`
    yield* valueLines(map[key], head, indent, path, fieldPath(path, key))
  }
}

/** `head` is what stands before the value on its first line; `outer` the path of that line, `path` that of the value. */
function* valueLines(value: unknown, head: string, indent: string, outer: string, path: string): Generator<Line> {
  if (isFields(value) && Object.keys(value).length > 0) {
    yield { text: head, path: outer }
    yield* mapLines(value, `${indent}  `, path)
  } else if (Array.isArray(value) && value.length > 0) {
    yield { text: head, path: outer }
    for (const [index, element] of value.entries()) yield* elementLines(element, index, indent, path)
  } else if (typeof value === 'string' && hasSeveralLines(value)) {
    yield { text: `${head} ${blockMark(value)}`, path: outer }
    yield* textLines(value, `${indent}  `, path)
  } else {
    yield { text: `${head} ${scalar(value)}`, path: outer }
  }
}

/** An element's first line stands on that of its dash. */
function* elementLines(element: unknown, index: number, indent: string, list: string): Generator<Line> {
  const path = elementPath(list, element, index)
  const dash = `${indent}-`
  if (isFields(element) && Object.keys(element).length > 0) {
    yield* afterDash(mapLines(element, `${indent}  `, path), dash)
  } else if (Array.isArray(element) && element.length > 0) {
    const lines = element.flatMap((inner, at) => [...elementLines(inner, at, `${indent}  `, path)])
    yield* afterDash(lines, dash)
  } else {
    yield* valueLines(element, dash, indent, path, path)
  }
}

function* afterDash(lines: Iterable<Line>, dash: string): Generator<Line> {
  let isFirst = true
  for (const line of lines) {
    yield isFirst ? { ...line, text: `${dash} ${line.text.slice(dash.length + 1)}` } : line
    isFirst = false
  }
}

function* textLines(text: string, indent: string, path: string): Generator<Line> {
  const lines = text.replace(/\n$/, '').split('\n')
  for (const [index, line] of lines.entries()) {
    yield { text: line === '' ? '' : indent + cut(line), path, number: index + 1 }
  }
}

/** A last line of blanks is one that readers of block scalars drop. */
function hasSeveralLines(text: string): boolean {
  return text.trim() !== '' && text.includes('\n') && !/\n[ \t]+\n*$/.test(text)
}

/** How a block scalar is read: whether its indentation has to be told, and how many line ends it ends with. */
function blockMark(text: string): string {
  const indentation = /^\s/.test(text) ? '2' : ''
  if (!text.endsWith('\n')) return `|${indentation}-`
  return text.endsWith('\n\n') ? `|${indentation}+` : `|${indentation}`
}

const PLAIN = /^[A-Za-z](?:[\w./@-]|:(?=[\w/]))*$/
const WORDS_OF_YAML = /^(?:true|false|null|yes|no|on|off|y|n)$/i

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null'
  const text = cut(value)
  if (PLAIN.test(text) && !WORDS_OF_YAML.test(text)) return text
  if (text.includes('\n')) return JSON.stringify(text)
  return stringify(text, { lineWidth: 0, blockQuote: false, version: '1.1' }).trimEnd()
}

function cut(text: string): string {
  if (text.length <= LONGEST_LINE) return text
  const start = text.slice(0, SHOWN_OF_LONG).replace(/[\uD800-\uDBFF]$/, '')
  return `${start}… (${text.length.toLocaleString('en-US')} characters, SHA-256 ${digest(text).slice(0, 12)})`
}

function byRank(one: string, other: string): number {
  return rankOf(one) - rankOf(other) || (one < other ? -1 : 1)
}

function rankOf(key: string): number {
  const index = FIRST_KEYS.indexOf(key)
  return index === -1 ? FIRST_KEYS.length : index
}

function fieldPath(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(cut(key))}]`
  return path === '' ? key : `${path}.${key}`
}

function elementPath(list: string, element: unknown, index: number): string {
  const name = isFields(element) ? element['name'] : undefined
  if (typeof name !== 'string') return `${list}[${index}]`
  return `${list}[${/^[\w.-]+$/.test(name) ? name : JSON.stringify(cut(name))}]`
}
