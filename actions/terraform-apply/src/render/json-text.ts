/** String, bracket or punctuation, or any other scalar. White space between tokens is skipped. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * The lines of a JSON object or array with one member per line, or undefined for any other text. Tokens keep their
 * spelling, so duplicate keys, the order of keys and the digits of numbers stay visible. Commas are left out, as in
 * Terraform's language: else a member added at the end would seem to change the one before it.
 */
export function jsonLines(text: string): string[] | undefined {
  if (!/^\s*[{[]/.test(text) || !isJson(text)) return undefined
  const lines: string[] = []
  let [line, depth] = ['', 0]
  const breakLine = (): void => {
    lines.push(line)
    line = '  '.repeat(depth)
  }
  let previous = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (isClosing(token)) depth--
    if (isClosing(token) !== isOpening(previous)) breakLine()
    if (token === ',') breakLine()
    else line += token === ':' ? ': ' : token
    if (isOpening(token)) depth++
    previous = token
  }
  return [...lines, line]
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
