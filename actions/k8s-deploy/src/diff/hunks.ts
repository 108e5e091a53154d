import { align, type Step } from '../../../../lib/text-diff/align.ts'
import type { Line } from './yaml-lines.ts'

/** Unchanged lines shown on either side of a change. */
const CONTEXT = 3

export interface LineDiff {
  lines: string[]
  added: number
  removed: number
}

interface Signed {
  sign: '+' | '-' | ' '
  line: Line
}

/** All lines with one sign. */
export function wholly(sign: '+' | '-', lines: readonly Line[]): LineDiff {
  const count = lines.length
  const [added, removed] = sign === '+' ? [count, 0] : [0, count]
  return { lines: lines.map((line) => written({ sign, line })), added, removed }
}

/** A unified diff; each hunk's head says where its first change stands. `top` names the place of what has no parent. */
export function unified(before: readonly Line[], after: readonly Line[], top: string): LineDiff {
  const texts = (lines: readonly Line[]): string[] => lines.map(({ text }) => text)
  const signed = align(texts(before), texts(after)).flatMap((step) => signedLine(step, before, after))
  const count = (sign: string): number => signed.filter((one) => one.sign === sign).length
  return { lines: hunksOf(signed).flatMap((hunk) => hunkLines(hunk, top)), added: count('+'), removed: count('-') }
}

function signedLine(step: Step, before: readonly Line[], after: readonly Line[]): Signed[] {
  const line = step.kind === 'removed' ? before[step.before] : after[step.after]
  if (line === undefined) return []
  return [{ sign: step.kind === 'same' ? ' ' : step.kind === 'added' ? '+' : '-', line }]
}

function hunksOf(signed: readonly Signed[]): Signed[][] {
  const hunks: Signed[][] = []
  let end = 0
  for (const [index, { sign }] of signed.entries()) {
    if (sign === ' ') continue
    const [start, next] = [Math.max(0, index - CONTEXT), index + CONTEXT + 1]
    if (start > end || hunks.length === 0) hunks.push(signed.slice(start, next))
    else hunks.at(-1)?.push(...signed.slice(end, next))
    end = Math.max(end, Math.min(next, signed.length))
  }
  return hunks
}

function hunkLines(hunk: readonly Signed[], top: string): string[] {
  const first = hunk.find(({ sign }) => sign !== ' ')?.line
  const place = first?.path || top
  const number = first?.number === undefined ? '' : `, line ${first.number}`
  return [`@@ ${place}${number} @@`, ...hunk.map(written)]
}

function written({ sign, line }: Signed): string {
  return `${sign}${line.text}`
}
