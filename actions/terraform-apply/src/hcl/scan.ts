import type { Block } from './block.ts'
import { lineEnd, skipBlanks, skipExpression, skipNested } from './skip.ts'

/** Deeper blocks than any schema has are passed over. */
const DEEPEST = 100

const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_-]*/uy

/**
 * The blocks of an HCL file, with their attributes' sources (https://github.com/hashicorp/hcl, "HCL Native Syntax
 * Specification"). A scan for what stands where, not a parser: expressions stay text, and of a broken file it returns what
 * could be made out. Never throws, and takes linear time.
 */
export function scanHcl(text: string): Block[] {
  return new Scanner(text).body(0).blocks
}

type Body = Pick<Block, 'attributes' | 'blocks'>

class Scanner {
  private at = 0
  private line = 1
  private endOfLine: number
  private readonly text: string

  constructor(text: string) {
    this.text = text
    this.endOfLine = lineEnd(text, 0)
  }

  /** Up to the brace that closes the block, or the end. */
  body(depth: number): Body {
    const body: Body = { attributes: [], blocks: [] }
    for (;;) {
      this.at = skipBlanks(this.text, this.at, true)
      if (this.at >= this.text.length) return body
      if (this.text[this.at] === '}') {
        this.at++
        return body
      }
      this.item(body, depth)
    }
  }

  /** An attribute or a block; what is neither is passed over. */
  private item(body: Body, depth: number): void {
    const line = this.lineHere()
    const name = this.identifier()
    if (name === undefined) {
      this.at = this.text[this.at] === '"' ? skipNested(this.text, this.at) : this.at + 1
      return
    }
    this.at = skipBlanks(this.text, this.at, false)
    if (this.text[this.at] === '=') body.attributes.push({ name, line, source: this.expression() })
    else this.block(name, line, body, depth)
  }

  private expression(): string {
    const start = this.at + 1
    this.at = skipExpression(this.text, start)
    return this.text.slice(start, this.at).trim()
  }

  private block(type: string, line: number, body: Body, depth: number): void {
    const labels = this.labels()
    if (this.text[this.at] !== '{') {
      this.at = lineEnd(this.text, this.at)
      return
    }
    if (depth === DEEPEST) {
      this.at = skipExpression(this.text, this.at)
      return
    }
    this.at++
    body.blocks.push({ type, labels, line, ...this.body(depth + 1) })
  }

  private labels(): string[] {
    const labels: string[] = []
    for (;;) {
      this.at = skipBlanks(this.text, this.at, false)
      const label = this.text[this.at] === '"' ? this.quoted() : this.identifier()
      if (label === undefined) return labels
      labels.push(label)
    }
  }

  private quoted(): string {
    const start = this.at + 1
    this.at = skipNested(this.text, this.at)
    return this.text.slice(start, this.at - 1)
  }

  private identifier(): string | undefined {
    IDENTIFIER.lastIndex = this.at
    const [name] = IDENTIFIER.exec(this.text) ?? []
    this.at += name?.length ?? 0
    return name
  }

  private lineHere(): number {
    while (this.endOfLine < this.at) {
      this.line++
      this.endOfLine = lineEnd(this.text, this.endOfLine + 1)
    }
    return this.line
  }
}
