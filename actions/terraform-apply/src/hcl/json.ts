import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import type { Attribute, Block } from './block.ts'

/** How many names stand before the body, by the type of a top-level block ("JSON Configuration Syntax" of Terraform). */
const LABELS: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  ephemeral: 2,
  action: 2,
  module: 1,
  variable: 1,
  output: 1,
  provider: 1,
  check: 1,
}

/**
 * The blocks of a `.tf.json` file, as `scanHcl` has them. What lies within a block is an attribute and, where it is an
 * object or a list of objects, a block as well, because only a schema could tell the two apart. Broken JSON has no blocks.
 */
export function scanJson(text: string): Block[] {
  const lines = new LineCounter()
  // JSON is YAML, and this parser knows the lines.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, maxAliasCount: 0 } as object)
  if (document.errors.length > 0) return []
  const source: Source = { text, lineOf: (offset) => lines.linePos(offset).line }
  return members(document.contents).flatMap((member) =>
    blocksAt(member, LABELS[nameOf(member)] ?? 0, { type: nameOf(member), labels: [] }, source),
  )
}

interface Source {
  text: string
  lineOf: (offset: number) => number
}

type Member = Pair<Node, Node>

/** The members of an object, or of all objects in a list. */
function members(node: unknown): Member[] {
  if (isMap(node)) return node.items as Member[]
  return isSeq(node) ? node.items.flatMap(members) : []
}

function blocksAt(member: Member, labels: number, head: Pick<Block, 'type' | 'labels'>, source: Source): Block[] {
  if (labels > 0) {
    return members(member.value).flatMap((inner) =>
      blocksAt(inner, labels - 1, { ...head, labels: [...head.labels, nameOf(inner)] }, source),
    )
  }
  const bodies = isSeq(member.value) ? member.value.items.filter(isMap) : isMap(member.value) ? [member.value] : []
  return bodies.map((body) => ({ ...head, line: lineOf(member, source), ...bodyOf(body, source) }))
}

function bodyOf(body: unknown, source: Source): Pick<Block, 'attributes' | 'blocks'> {
  return {
    attributes: members(body).map((member) => attributeOf(member, source)),
    blocks: members(body).flatMap((member) => blocksAt(member, 0, { type: nameOf(member), labels: [] }, source)),
  }
}

function attributeOf(member: Member, source: Source): Attribute {
  const [start = 0, end = 0] = member.value?.range ?? []
  return { name: nameOf(member), line: lineOf(member, source), source: source.text.slice(start, end) }
}

function nameOf({ key }: Member): string {
  return isScalar(key) ? String(key.value) : ''
}

function lineOf({ key }: Member, { lineOf }: Source): number {
  return lineOf(key.range?.[0] ?? 0)
}
