import { ExactNumber } from '../../../../lib/crypto/exact-json.ts'
import type { Json } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { jsonLines } from './json-text.ts'
import type { Redact } from './model.ts'
import { elementsOf, isSensitive, isUnknown, keysOf, type Value, valueAt } from './value.ts'

/** Longer texts are cut, with a word on how much is missing. In UTF-16 units. */
export const LONGEST_TEXT = 2_000
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
  const shown = redact(name)
  return `${/^[A-Za-z_][\w-]*$/.test(shown) && shown.length < 200 ? shown : quoted(shown)} = `
}

/** The value on one line, or undefined when it needs several. */
export function inline(value: Value, redact: Redact): string | undefined {
  if (isSensitive(value)) return '(sensitive value)'
  if (isUnknown(value)) return '(known after apply)'
  if (Array.isArray(value.json)) return inlineList(value, redact)
  if (isMap(value.json)) return keysOf(value).length === 0 ? '{}' : undefined
  if (typeof value.json !== 'string') return redact(scalarText(value.json ?? null))
  const text = redact(value.json)
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

/** The value as lines of a diff that all carry the same sign. Nulls in maps are left out. */
export function valueLines(sign: Sign, place: Place, value: Value, redact: Redact): string[] {
  const short = inline(value, redact)
  if (short !== undefined) return [firstLine(sign, place, short)]
  const { opening, lines, closing } = openedUp(sign, place, value, redact)
  return [firstLine(sign, place, opening), ...lines, line(sign, place.depth, closing)]
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

function openedUp(sign: Sign, place: Place, value: Value, redact: Redact): Opened {
  const depth = place.depth + 1
  if (typeof value.json === 'string') return openedText(sign, depth, redact(value.json))
  if (Array.isArray(value.json)) {
    const elements = elementsOf(value).flatMap((element) =>
      valueLines(sign, { head: '', depth, remarks: [] }, element, redact),
    )
    return { opening: '[', lines: elements, closing: ']' }
  }
  const members = keysOf(value).flatMap((key) => {
    const member = valueAt(value, key)
    if (member.json === null && !anyMarked(member.unknown)) return []
    return valueLines(sign, { head: head(key, redact), depth, remarks: [] }, member, redact)
  })
  return { opening: '{', lines: members, closing: '}' }
}

function openedText(sign: Sign, depth: number, text: string): Opened {
  const { opening, lines, closing } = textLines(text) ?? { opening: '', lines: [text], closing: '' }
  const { kept, left } = withinLength(lines, LONGEST_TEXT)
  const shown = kept.map((content) => line(sign, depth, cutLine(content)))
  return {
    opening,
    lines: left === 0 ? shown : [...shown, line(sign, depth, `# … ${thousands(left)} more lines`)],
    closing,
  }
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
