import { code, shorten, text, withCode } from '../../../../lib/markdown/escape.ts'
import type { Redact } from './model.ts'

/** Longer addresses are cut in headings and sentences. In UTF-16 units, as all lengths here. */
const LONGEST_ADDRESS = 120
const LONGEST_KEY = 80

/** A foreign string as inert inline code, cut at `longest`. */
export function codeOf(value: string, redact: Redact, longest = LONGEST_ADDRESS): string {
  return code(shorten(redact(value), longest))
}

/** A foreign string as inert text of one line, cut at `longest`. */
export function textOf(value: string, redact: Redact, longest: number): string {
  return text(shorten(redact(value), longest))
}

/** Our words for a key of the format; a key that the table doesn't know, as a later version may, as it is. */
export function wordsFor(table: Readonly<Record<string, string>>, key: string, redact: Redact): string {
  if (Object.hasOwn(table, key)) return text(table[key] ?? '')
  return text(shorten(redact(key).replaceAll('_', ' '), LONGEST_KEY))
}

/** A sentence in which `backticks` make code, one Markdown line for each of its lines. */
export function proseLines(sentence: string, redact: Redact, longest = 1_500): string[] {
  return shorten(redact(sentence), longest)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(withCode)
}

/** The same on one line. */
export function prose(sentence: string, redact: Redact, longest?: number): string {
  return proseLines(sentence, redact, longest).join(' ')
}

/** `a, b, c and 4 more` */
export function listed(items: readonly string[], most: number): string {
  const more = items.length - most
  return more > 0 ? `${items.slice(0, most).join(', ')} and ${more} more` : items.join(', ')
}
