// Where a piece of HCL ends. Each function takes the place of its first character and returns the place after its last;
// of text that breaks off in the midst, its end. No function goes back, so a whole file takes linear time.

/** Blanks, and where `lines` is true also line ends; comments with them. */
export function skipBlanks(text: string, start: number, lines: boolean): number {
  let at = start
  for (;;) {
    const next = skipComment(text, skipSpaces(text, at, lines))
    if (next === at) return at
    at = next
  }
}

function skipSpaces(text: string, start: number, lines: boolean): number {
  let at = start
  while (at < text.length && (lines ? ' \t\r\n\uFEFF' : ' \t\r').includes(text.charAt(at))) at++
  return at
}

/** A comment up to its line's end, or `/* … *\/`; nothing else. */
function skipComment(text: string, start: number): number {
  if (text.startsWith('/*', start)) return after(text, '*/', start + 2)
  if (text.startsWith('#', start) || text.startsWith('//', start)) return lineEnd(text, start)
  return start
}

/**
 * From an opening quote or bracket to what closes it, with everything nested in it. A stack of its own, because foreign
 * text may be nested deeper than calls can be.
 */
export function skipNested(text: string, start: number): number {
  const open: string[] = []
  let at = start
  do {
    at = open.at(-1) === '"' ? stepInString(text, at, open) : stepInCode(text, at, open)
  } while (open.length > 0 && at < text.length)
  return Math.min(at, text.length)
}

/** `${` and `%{` open a template, `$${` and `%%{` are the text `${` and `%{`. */
function stepInString(text: string, at: number, open: string[]): number {
  const character = text.charAt(at)
  if (character === '\\') return at + 2
  if (character === '"') open.pop()
  if (character !== '$' && character !== '%') return at + 1
  if (text.startsWith(`${character}{`, at + 1)) return at + 3
  if (text[at + 1] !== '{') return at + 1
  open.push('{')
  return at + 2
}

function stepInCode(text: string, at: number, open: string[]): number {
  const character = text.charAt(at)
  if ('"{[('.includes(character)) open.push(character)
  else if ('}])'.includes(character)) open.pop()
  else return skipToken(text, at)
  return at + 1
}

/** One character, or a comment or heredoc as a whole. */
function skipToken(text: string, at: number): number {
  const next = skipComment(text, at)
  if (next !== at) return next
  return text.startsWith('<<', at) ? skipHeredoc(text, at) : at + 1
}

const HEREDOC = /<<-?([\p{L}_][\p{L}\p{N}_-]*)\r?\n/uy

/** A heredoc up to (not with) the end of its last line; two characters, when it is none. */
function skipHeredoc(text: string, start: number): number {
  HEREDOC.lastIndex = start
  const [opening, word] = HEREDOC.exec(text) ?? []
  if (opening === undefined) return start + 2
  for (let line = start + opening.length; line < text.length; line = after(text, '\n', line)) {
    const end = lineEnd(text, line)
    if (text.slice(line, end).trim() === word) return end
  }
  return text.length
}

/** The expression of an attribute: up to the line's end, or the bracket that closes the block on the same line. */
export function skipExpression(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const character = text.charAt(at)
    if ('\n}])'.includes(character) || startsLineComment(text, at)) return at
    at = '"{[('.includes(character) ? skipNested(text, at) : skipToken(text, at)
  }
  return text.length
}

function startsLineComment(text: string, at: number): boolean {
  return text[at] === '#' || text.startsWith('//', at)
}

export function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end === -1 ? text.length : end
}

function after(text: string, end: string, start: number): number {
  const found = text.indexOf(end, start)
  return found === -1 ? text.length : found + end.length
}
