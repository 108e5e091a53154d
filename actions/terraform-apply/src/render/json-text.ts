/** String, bracket or punctuation, or any other scalar. White space between tokens is skipped. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Deeper documents are shown as the text that they are: indented, their lines would grow without end. */
export const DEEPEST = 100

/** Larger texts aren't looked into: matching a string of megabytes overflows the stack. In UTF-16 units. */
const LARGEST = 1_000_000

/** Can the text be a JSON object or array? */
export function mayHoldJson(text: string): boolean {
  return text.length <= LARGEST && /^\s*[{[]/.test(text)
}

/**
 * The lines of a JSON object or array with one member per line, or undefined for any other text. Commas are left out, as
 * in Terraform's language: else a member added at the end would seem to change the one before it.
 */
export function jsonLines(text: string): string[] | undefined {
  return jsonLayout(text)
    ?.split('\n')
    .map((line) => line.replace(/,$/, ''))
}

/**
 * A JSON object or array as JSON.stringify indents it, or undefined for any other text. Tokens keep their spelling, so
 * duplicate keys, the order of keys and the digits of numbers stay visible.
 */
export function jsonLayout(text: string): string | undefined {
  if (!mayHoldJson(text) || !isJson(text)) return undefined
  let [layout, depth] = ['', 0]
  let previous = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (isClosing(token)) depth--
    if (previous === ',' || isClosing(token) !== isOpening(previous)) layout += `\n${'  '.repeat(depth)}`
    layout += token === ':' ? ': ' : token
    if (isOpening(token)) depth++
    if (depth > DEEPEST) return undefined
    previous = token
  }
  return layout
}

/** Members of all objects in a JSON text, a key that is there twice counted twice. */
export function countMembers(text: string): number {
  let count = 0
  for (const [token] of text.matchAll(TOKEN)) if (token === ':') count++
  return count
}

function isOpening(token: string): boolean {
  return token === '{' || token === '['
}

function isClosing(token: string): boolean {
  return token === '}' || token === ']'
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
