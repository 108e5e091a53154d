import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** A YAML value with the line that it starts in, from 1. */
export type Located = { line: number } & (
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: Located[] }
  /** `keyLine` is the line of the key. */
  | { kind: 'map'; entries: { key: string; keyLine: number; value: Located }[] }
  /** A number, a truth value, an alias. */
  | { kind: 'other' }
  | { kind: 'nothing' }
)

/** Why a text is no YAML: in the parser's words, without its excerpt of the text. */
export class YamlError extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** Throws `YamlError` for a text that is no YAML, or has a key twice. */
export function readYaml(text: string): Located {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line)
  if (error) throw new YamlError(error.message, lineAt(error.pos[0]))
  return locate(document.contents, lineAt)
}

type LineAt = (offset: number) => number

function locate(node: unknown, lineAt: LineAt): Located {
  const line = lineAt((node as Node | null)?.range?.[0] ?? 0)
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => ({
      key: String(isScalar(key) ? key.value : key),
      keyLine: lineAt((key as Node | null)?.range?.[0] ?? 0),
      value: locate(value, lineAt),
    }))
    return { line, kind: 'map', entries }
  }
  if (isSeq(node)) return { line, kind: 'list', items: node.items.map((item) => locate(item, lineAt)) }
  if (!node || (isScalar(node) && node.value === null)) return { line, kind: 'nothing' }
  return isScalar(node) && typeof node.value === 'string'
    ? { line, kind: 'text', text: node.value }
    : { line, kind: 'other' }
}
