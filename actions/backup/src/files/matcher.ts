import type { RawPath } from './entry.ts'
import { toRaw } from './path.ts'

/**
 * Tells which paths some patterns mean, as tar's --exclude has it by default: a pattern may begin at any component, `*` and `?`
 * match slashes, too, and what lies in a matching folder matches (GNU tar manual, 6.5 "Wildcards Patterns and Matching").
 * A pattern that begins with a slash begins at the root. Slashes at the end don't count.
 */
export function createMatcher(patterns: readonly string[]): (path: RawPath) => boolean {
  if (patterns.length === 0) return () => false
  const sources = patterns
    .map((pattern) => toRaw(pattern).replace(/(?!^)\/+$/, ''))
    .map((pattern) => (pattern.startsWith('/') ? '^' : '/') + sourceOf(pattern))
  const expression = new RegExp(`(?:${sources.join('|')})(?:/|$)`)
  return (path) => expression.test(`/${path}`)
}

/** One character of UTF-8, or a byte of what isn't. */
const ANY = '(?:[\\xc2-\\xf4][\\x80-\\xbf]{1,3}|[\\s\\S])'

function sourceOf(pattern: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; ) {
    const [length, piece] = pieceAt(pattern, at)
    if (piece !== '[\\s\\S]*' || !source.endsWith('[\\s\\S]*')) source += piece
    at += length
  }
  return source
}

/** How much of the pattern the next piece takes, and the expression for it. */
function pieceAt(pattern: string, at: number): [number, string] {
  const character = pattern[at] ?? ''
  if (character === '*') return [1, '[\\s\\S]*']
  if (character === '?') return [1, ANY]
  if (character === '\\' && at + 1 < pattern.length) return [2, escaped(pattern[at + 1] ?? '')]
  const set = character === '[' ? setAt(pattern, at) : undefined
  return set ?? [1, escaped(character)]
}

const SET = /\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\[\s\S]|[^\]\\])*)\]/y

/** A bracket expression (fnmatch(3)); undefined where none is closed: then the bracket stands for itself. */
function setAt(pattern: string, at: number): [number, string] | undefined {
  SET.lastIndex = at
  const [whole, not, members] = SET.exec(pattern) ?? []
  if (whole === undefined || members === undefined || members === '') return undefined
  const inner = members.replace(
    /\[:([a-z]+):\]|\\([\s\S])|([\s\S])/g,
    (text, name?: string, literal?: string, plain?: string) =>
      name === undefined ? inSet(literal, plain) : (CLASSES[name] ?? escapeInSet(text)),
  )
  try {
    return [whole.length, new RegExp(`[${not === '' ? '' : '^'}${inner}]`).source]
  } catch {
    // A range whose end comes before its start matches nothing.
    return [whole.length, '[]']
  }
}

function inSet(literal: string | undefined, plain: string | undefined): string {
  return literal === undefined ? (plain === '-' ? '-' : escapeInSet(plain ?? '')) : escapeInSet(literal)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function escapeInSet(text: string): string {
  return text.replace(/[\\\]^[-]/g, '\\$&')
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
}
