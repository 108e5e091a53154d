/** A block of configuration, `resource "aws_instance" "web" { … }`, as it stands in a file, before anything is evaluated. */
export interface Block {
  /** `resource`, `module`, `terraform`, … */
  type: string
  labels: string[]
  /** Of its first line, from 1. */
  line: number
  attributes: Attribute[]
  blocks: Block[]
}

export interface Attribute {
  name: string
  line: number
  /** Source of the expression, trimmed: HCL, or JSON in a `.tf.json` file. */
  source: string
}

/** The source of an attribute of this block; `undefined` when it has none. */
export function attribute(block: Block, name: string): string | undefined {
  return block.attributes.find((candidate) => candidate.name === name)?.source
}

const QUOTED = /^"((?:[^"\\]|\\.)*)"$/s
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' }

/** The text of a quoted string that needs no evaluation; `undefined` for any other expression. */
export function literalText(source: string | undefined): string | undefined {
  const [, quoted] = QUOTED.exec(source ?? '') ?? []
  if (quoted === undefined || /(?<![$%])[$%]\{/.test(quoted)) return undefined
  return quoted
    .replaceAll(/([$%])\1\{/g, '$1{')
    .replaceAll(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs, (whole, short, long, letter) =>
      letter === undefined ? codePoint(short ?? long, whole) : (ESCAPES[letter] ?? whole),
    )
}

function codePoint(hex: string, otherwise: string): string {
  const code = Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : otherwise
}
