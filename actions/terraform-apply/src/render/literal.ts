import { ExactNumber } from '../../../../lib/crypto/exact-json.ts'
import type { Json } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { hide } from './hide.ts'
import { openDocument } from './json-document.ts'
import { jsonLines } from './json-text.ts'
import type { Redact } from './model.ts'
import { elementsOf, isSensitive, isUnknown, keysOf, unmarked, type Value, valueAt } from './value.ts'

/** Longer texts are cut, with a word on how much is missing. In UTF-16 units. */
export const LONGEST_TEXT = 2_000
/** As many characters of a JSON document are shown line by line. */
const LONGEST_DOCUMENT = 10_000
/** A list that fits is written on one line. */
const LONGEST_INLINE_LIST = 80

/** First column of a line in a diff. */
export type Sign = '+' | '-' | '!' | ' '

/** Where a value is written. `head` stands before it: `name = `, or nothing for the element of a list. */
export interface Place {
  head: string
  depth: number
  /** Follow the value's first line: `# forces replacement`. */
  remarks: readonly string[]
  /** In JSON a null is a value, in Terraform's language an absent attribute. */
  language: 'hcl' | 'json'
  /** Follows the value's last line: the `)` of a call. */
  tail: string
}

/** A place in the values of Terraform. */
export function placeAt(head: string, depth = 0): Place {
  return { head, depth, remarks: [], language: 'hcl', tail: '' }
}

/** A place a step further down. */
export function within({ language, depth }: Place, head: string): Place {
  return { head, depth: depth + 1, remarks: [], language, tail: '' }
}

/** The same place for the document that its text holds, written as Terraform's language has it. */
export function documentAt(place: Place): Place {
  return { ...place, head: `${place.head}jsonencode(`, language: 'json', tail: ')' }
}

/** The first line of a value, or all of it. */
export function firstLine(sign: Sign, place: Place, text: string, ...more: string[]): string {
  const remarks = [...place.remarks, ...more]
  return line(sign, place.depth, `${place.head}${text}${remarks.length > 0 ? `  # ${remarks.join(', ')}` : ''}`)
}

export function line(sign: Sign, depth: number, text: string): string {
  return `${sign} ${'  '.repeat(depth)}${text}`
}

/** A line of our own about the values around it. */
export function remark(text: string, depth = 0): string {
  return line(' ', depth, `# ${text}`)
}

/** `name = `, quoted unless it is an identifier, which could hide no more than it says. */
export function head(name: string, redact: Redact): string {
  const shown = hide(name, redact)
  return `${/^[A-Za-z_][\w-]*$/.test(shown) && shown.length < 200 ? shown : quoted(shown)} = `
}

/** The value on one line, or undefined when it needs several. */
export function inline(value: Value, redact: Redact): string | undefined {
  if (isSensitive(value)) return '(sensitive value)'
  if (isUnknown(value)) return '(known after apply)'
  if (Array.isArray(value.json)) return inlineList(value, redact)
  if (isMap(value.json)) return keysOf(value).length === 0 ? '{}' : undefined
  if (typeof value.json !== 'string') return redact(scalarText(value.json ?? null))
  const text = hide(value.json, redact)
  return isBlockText(text) ? undefined : quoted(text)
}

/** A text that is shown line by line: of several lines, or JSON within a string. Takes the redacted text. */
export function textLines(text: string): (Opened & { json: boolean }) | undefined {
  const json = jsonLines(text)
  if (json && json.length > 1) return { json: true, opening: 'jsonencode(', lines: json, closing: ')' }
  if (!hasSeveralLines(text)) return undefined
  const lines = text.split('\n')
  return { json: false, opening: `<<-${terminator(lines)}`, lines, closing: terminator(lines) }
}

/** A value of several lines. */
interface Opened {
  opening: string
  lines: string[]
  closing: string
}

/** The value as lines of a diff that all carry the same sign. Nulls are left out but where they are values. */
export function valueLines(sign: Sign, place: Place, value: Value, redact: Redact): string[] {
  const document = documentIn(value, redact)
  if (document !== undefined)
    return shortened(sign, place, valueLines(sign, documentAt(place), unmarked(document), redact))
  const short = inline(value, redact)
  if (short !== undefined) return [firstLine(sign, place, short + place.tail)]
  if (typeof value.json === 'string') return textValueLines(sign, place, hide(value.json, redact))
  const [opening, closing] = Array.isArray(value.json) ? ['[', ']'] : ['{', '}']
  return [
    firstLine(sign, place, opening),
    ...innerLines(sign, place, value, redact),
    line(sign, place.depth, closing + place.tail),
  ]
}

/** `"text"`, with control characters escaped and its end cut off when it is long. */
export function quoted(text: string): string {
  if (text.length <= LONGEST_TEXT) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, LONGEST_TEXT))} … (${thousands(text.length - LONGEST_TEXT)} more characters)`
}

/** `1,234` */
export function thousands(count: number): string {
  return count.toLocaleString('en-US')
}

/** One raw line of a text, its end cut off when it is long. */
export function cutLine(text: string): string {
  if (text.length <= LONGEST_TEXT) return text
  return `${text.slice(0, LONGEST_TEXT)} … (${thousands(text.length - LONGEST_TEXT)} more characters)`
}

function innerLines(sign: Sign, place: Place, value: Value, redact: Redact): string[] {
  if (Array.isArray(value.json))
    return elementsOf(value).flatMap((element) => valueLines(sign, within(place, ''), element, redact))
  return keysOf(value).flatMap((key) => {
    const member = valueAt(value, key)
    if (member.json === null && place.language === 'hcl' && !anyMarked(member.unknown)) return []
    return valueLines(sign, within(place, head(key, redact)), member, redact)
  })
}

/** A JSON document that has something in it. */
function documentIn(value: Value, redact: Redact): Json | undefined {
  if (typeof value.json !== 'string' || isSensitive(value) || isUnknown(value)) return undefined
  const document = openDocument(value.json, redact)?.shown
  return isContainer(document) && Object.keys(document ?? {}).length > 0 ? document : undefined
}

function textValueLines(sign: Sign, place: Place, text: string): string[] {
  const { opening, lines, closing } = textLines(text) ?? { opening: '', lines: [text], closing: '' }
  const { kept, left } = withinLength(lines, LONGEST_TEXT)
  const content = kept.map((one) => line(sign, place.depth + 1, cutLine(one)))
  return [
    firstLine(sign, place, opening),
    ...(left === 0 ? content : [...content, line(sign, place.depth + 1, `# … ${thousands(left)} more lines`)]),
    line(sign, place.depth, closing),
  ]
}

/** The lines of a document, with a word on how many are missing where they are many. The last one closes it. */
export function shortened(sign: Sign, { depth }: Place, lines: readonly string[]): string[] {
  const { kept, left } = withinLength(lines, LONGEST_DOCUMENT)
  if (left < 2) return [...lines]
  return [...kept, line(sign, depth + 1, `# … ${thousands(left - 1)} more lines`), ...lines.slice(-1)]
}

/** The first lines, as many as fit into so many characters, at least one; `left`: how many don't. */
export function withinLength(lines: readonly string[], length: number): { kept: string[]; left: number } {
  let [count, used] = [0, 0]
  while (count < lines.length && (count === 0 || used < length)) used += 1 + (lines[count++]?.length ?? 0)
  return { kept: lines.slice(0, count), left: lines.length - count }
}

function inlineList(value: Value, redact: Redact): string | undefined {
  const elements = elementsOf(value)
  if (elements.length > LONGEST_INLINE_LIST) return undefined
  const texts = elements.map((element) => (isContainer(element.json) ? undefined : inline(element, redact)))
  if (!texts.every((text) => text !== undefined)) return undefined
  const text = `[${texts.join(', ')}]`
  return text.length <= LONGEST_INLINE_LIST || elements.length === 0 ? text : undefined
}

function isContainer(json: Json | undefined): boolean {
  return Array.isArray(json) || isMap(json)
}

function scalarText(json: Json): string {
  return json instanceof ExactNumber ? json.$number : String(json)
}

function isBlockText(text: string): boolean {
  return textLines(text) !== undefined
}

/** A line break at the very end alone is better seen as `\n`. */
function hasSeveralLines(text: string): boolean {
  return text.slice(0, -1).includes('\n')
}

/** A word that ends the text and doesn't stand in it alone on a line. */
function terminator(lines: readonly string[]): string {
  let word = 'EOT'
  while (lines.some((content) => content.trim() === word)) word += '_'
  return word
}
