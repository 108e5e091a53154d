import { type Block, render, SEPARATOR } from './blocks.ts'
import { numbered, place, sizeOf } from './cut.ts'

/** GitHub refuses a comment over 65,536 characters; a byte budget below it holds however characters are counted. */
export const COMMENT_BYTES = 65_000

export interface SplitLimits {
  /** Size of a part in bytes of UTF-8, of which UTF-16 units are never more. */
  readonly bytes: number
  readonly parts: number
}

export interface SplitDocument {
  readonly head: readonly Block[]
  readonly body: readonly Block[]
  /** Last lines of every part; empty for none. Must not be longer for a smaller number. */
  readonly foot: (part: number, of: number) => string
  /** Heading of parts from the second on. Must not be longer for a smaller number. */
  readonly continuation: (part: number, of: number) => string
}

export type Split =
  | { readonly kind: 'whole'; readonly parts: string[] }
  /** More parts than allowed; how many, is an estimate from the sizes. */
  | { readonly kind: 'too-long'; readonly neededParts: number }

/** Stands for "no number has more digits" when room for numbers is reserved. */
const WIDEST_NUMBER = 9_999

/**
 * A document as one or several comments, none over the limit. Parts begin with a block of their own wherever that is
 * possible; a block that is larger than a part is cut (`cut.ts`). Nothing of a fence gets lost.
 *
 * @throws RangeError when the limit leaves hardly any room beside foot, continuation, or the header of a table
 */
export function split(document: SplitDocument, limits: SplitLimits): Split {
  const blocks = [...document.head, ...document.body]
  const single = assembled(document, blocks, 1, 1)
  if (Buffer.byteLength(single) <= limits.bytes) return { kind: 'whole', parts: [single] }

  const room = limits.bytes - reserved(document)
  const layout = laidOut(blocks, room, limits.parts)
  if (!layout) {
    const estimate = Math.ceil(Buffer.byteLength(single) / room)
    return { kind: 'too-long', neededParts: Math.max(estimate, limits.parts + 1) }
  }
  const parts = numbered(layout).map((part, index) => assembled(document, part, index + 1, layout.length))
  for (const part of parts) requireWithin(part, limits.bytes)
  return { kind: 'whole', parts }
}

/** What can't be cut, such as the header of a table, is larger than a part; or a foot breaks its rule. */
function requireWithin(part: string, bytes: number): void {
  const size = Buffer.byteLength(part)
  if (size > bytes) throw new RangeError(`a part has ${size} bytes; ${bytes} are allowed`)
}

function assembled(document: SplitDocument, blocks: readonly Block[], part: number, of: number): string {
  const heading = part > 1 ? document.continuation(part, of) : ''
  return [heading, render(blocks), document.foot(part, of)].filter((piece) => piece !== '').join(SEPARATOR)
}

function reserved(document: SplitDocument): number {
  const frame = [document.continuation, document.foot].map((line) => line(WIDEST_NUMBER, WIDEST_NUMBER))
  return Buffer.byteLength([...frame, ''].join(SEPARATOR))
}

/** The blocks of each part, or undefined when they would be more than `maxParts`. */
function laidOut(blocks: readonly Block[], room: number, maxParts: number): Block[][] | undefined {
  const parts: Block[][] = [[]]
  let left = room
  for (const block of blocks) {
    let rest: Block | undefined = block
    while (rest) {
      const placed = place(rest, left, room)
      if (placed) {
        parts.at(-1)?.push(placed.piece)
        left -= sizeOf(placed.piece) + SEPARATOR.length
        rest = placed.rest
      }
      if (rest) {
        if (parts.length === maxParts) return undefined
        parts.push([])
        left = room
      }
    }
  }
  return parts
}
