import type { Block } from './blocks.ts'
import { code, shorten, text, withCode } from './escape.ts'

/** In UTF-16 units. The API allows 253 for a name. */
export const LONGEST_NAME = 253
const LONGEST_SENTENCE = 1_500
const SHORT_HASH = 12

export function codeOf(value: string, longest = LONGEST_NAME): string {
  return code(shorten(value, longest))
}

export function textOf(value: string, longest = LONGEST_SENTENCE): string {
  return text(shorten(value, longest))
}

/** A sentence in which `backticks` make code, on one line. */
export function prose(sentence: string, longest = LONGEST_SENTENCE): string {
  return withCode(shorten(sentence.trim().replace(/\s+/g, ' '), longest))
}

/** The message with a full stop at its end, unless it ends by itself. */
export function sentence(message: string): string {
  const trimmed = message.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

export function shortHash(commit: string): string {
  return commit.slice(0, SHORT_HASH)
}

export function paragraph(markdown: string): Block {
  return { kind: 'paragraph', markdown }
}

/** `1 object`, `12 objects` */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

/** `41 s`, `2 min 5 s` */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** The last line: facts that are safe inline HTML. */
export function footer(facts: readonly string[], commit: string, runUrl: string): string {
  const made = commit === '' ? [] : [`commit ${code(shortHash(commit))}`]
  return `<sub>${[...facts, ...made, ...linkTo(runUrl)].join(' · ')}</sub>`
}

/** Written by `URL`, an address has neither spaces nor anything invisible. */
function linkTo(address: string): string[] {
  if (!/^https?:/.test(address) || !URL.canParse(address)) return []
  const href = new URL(address).href.replace(/[&"'<>`]/g, (character) => `&#${character.charCodeAt(0)};`)
  return [`<a href="${href}">run</a>`]
}
