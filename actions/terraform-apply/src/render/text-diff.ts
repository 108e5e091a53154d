import { align, type Step } from '../../../../lib/text-diff/align.ts'
import {
  cutLine,
  firstLine,
  LONGEST_TEXT,
  line,
  type Place,
  quoted,
  remark,
  textLines,
  thousands,
  withinLength,
} from './literal.ts'

/** Unchanged lines shown on either side of a change. */
const CONTEXT = 3
/** A diff of a text stops after so many characters. In UTF-16 units. */
const LONGEST_DIFF = 10_000

/** Characters shown before and after the first difference of two long lines. */
const EXCERPT = { before: 40, after: 200 }

/**
 * The differences of two texts, line by line where they have several or are JSON. Undefined when they aren't of one
 * kind, so that a comparison by lines says nothing. Takes redacted texts that differ.
 */
export function diffTexts(place: Place, before: string, after: string): string[] | undefined {
  const [left, right] = [textLines(before), textLines(after)]
  if (!left && !right) return diffOfOneLine(place, before, after)
  if (left?.json !== right?.json && (left?.json || right?.json)) return undefined
  const [opening, closing] = [(right ?? left)?.opening ?? '', (right ?? left)?.closing ?? '']
  const changes = diffOfLines(left?.lines ?? [before], right?.lines ?? [after], place.depth + 1)
  if (changes.length === 0) return [firstLine('!', place, `${opening}…${closing}`, 'only white space differs')]
  return [firstLine(' ', place, opening), ...changes, line(' ', place.depth, closing)]
}

function diffOfOneLine(place: Place, before: string, after: string): string[] {
  if (Math.max(before.length, after.length) <= LONGEST_TEXT)
    return [firstLine('!', place, `${quoted(before)} -> ${quoted(after)}`)]
  const start = firstDifference(before, after)
  const lengths = `${thousands(before.length)} -> ${thousands(after.length)} characters`
  const difference = `${lengths}, the first difference is after ${thousands(start)}`
  return [firstLine('!', place, `${excerpt(before, start)} -> ${excerpt(after, start)}`, difference)]
}

function firstDifference(before: string, after: string): number {
  let index = 0
  while (before[index] === after[index]) index++
  return index
}

function excerpt(text: string, around: number): string {
  const [start, end] = [Math.max(0, around - EXCERPT.before), around + EXCERPT.after]
  return `${start > 0 ? '… ' : ''}${JSON.stringify(text.slice(start, end))}${end < text.length ? ' …' : ''}`
}

/**
 * The differences of two texts line by line, with some unchanged lines around each. Empty when there are none. Every
 * line of a text stands behind a sign, so none can pass for a line of the diff.
 */
function diffOfLines(before: readonly string[], after: readonly string[], depth: number): string[] {
  const steps = align(before, after)
  if (steps.every(({ kind }) => kind === 'same')) return []
  const near = nearChanges(steps)
  const lines: string[] = []
  for (let index = 0; index < steps.length; index++) {
    const hidden = hiddenFrom(near, index)
    if (hidden > 0) lines.push(remark(`${thousands(hidden)} unchanged lines`, depth))
    index += hidden
    const step = steps[index]
    if (step) lines.push(stepLine(step, before, after, depth))
  }
  const { kept, left } = withinLength(lines, LONGEST_DIFF)
  return left === 0 ? kept : [...kept, line('!', depth, `# … ${thousands(left)} more lines of this difference`)]
}

function stepLine(step: Step, before: readonly string[], after: readonly string[], depth: number): string {
  if (step.kind === 'added') return line('+', depth, cutLine(after[step.after] ?? ''))
  return line(step.kind === 'removed' ? '-' : ' ', depth, cutLine(before[step.before] ?? ''))
}

function nearChanges(steps: readonly Step[]): boolean[] {
  const near = steps.map(() => false)
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'same') continue
    near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1)
  }
  return near
}

/** How many lines from here on are far from any change; a single one takes no more room than the remark on it. */
function hiddenFrom(near: readonly boolean[], start: number): number {
  const next = near.indexOf(true, start)
  const length = (next === -1 ? near.length : next) - start
  return length === 1 ? 0 : length
}
