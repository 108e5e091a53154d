import { isDeepStrictEqual } from 'node:util'
import { isMap, isSame } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { type Forced, forcedAt } from './forced.ts'
import { hide } from './hide.ts'
import { type JsonDocument, openDocument } from './json-document.ts'
import { jsonLines } from './json-text.ts'
import {
  documentAt,
  firstLine,
  head,
  inline,
  line,
  type Place,
  placeAt,
  remark,
  type Sign,
  shortened,
  valueLines,
  within,
} from './literal.ts'
import type { Redact } from './model.ts'
import { type ElementPair, pairElements } from './pairs.ts'
import { type Reading, readingOf, VALUES } from './reading.ts'
import type { Effort } from './similarity.ts'
import { diffTexts } from './text-diff.ts'
import { elementsOf, isAbsent, isSensitive, isUnknown, keysOf, unmarked, type Value, valueAt } from './value.ts'

export interface DiffContext {
  redact: Redact
  /** What forces a replacement, as seen from the whole object. */
  forced: Forced
  /** That of the whole report. */
  effort: Effort
}

export interface Diff {
  lines: string[]
  /** Attributes that stay as they are. */
  unchanged: number
}

interface Spot extends Place {
  forced: Forced
  reading: Reading
  effort: Effort
  /** Names of members that are shown even where they stay as they are: they tell which element it is. */
  shows: readonly string[]
}

interface Pair {
  before: Value
  after: Value
}

/** Unchanged members that are shown take no more lines than these. */
const MOST_CONTEXT_LINES = 6

/**
 * What changes from one map to the other, a line or a few for each attribute that does. Nulls are absent attributes.
 * `depth`: how far the lines are indented.
 */
export function diffAttributes(before: Value, after: Value, context: DiffContext, depth = 0): Diff {
  const each = unionOfKeys(before, after).flatMap((key) => {
    const pair = { before: nullAsAbsent(valueAt(before, key)), after: nullAsAbsent(valueAt(after, key)) }
    if (isAbsent(pair.before) && isAbsent(pair.after)) return []
    const place = placeAt(head(key, context.redact), depth)
    const spot = spotAt(place, forcedAt(context.forced, key), VALUES, context.effort)
    return [diffValue(spot, pair, context.redact)]
  })
  return { lines: each.flat(), unchanged: each.filter((lines) => lines.length === 0).length }
}

/** `# 3 unchanged attributes`, or nothing. */
export function unchangedLine(count: number, what: string, depth = 0): string[] {
  return count === 0 ? [] : [remark(counted(count, `unchanged ${what}`), depth)]
}

function diffValue(spot: Spot, { before, after }: Pair, redact: Redact): string[] {
  if (isAbsent(before) && isAbsent(after)) return []
  if (isSensitive(before) || isSensitive(after)) return diffSensitive(spot, before, after)
  if (isAbsent(before)) return valueLines('+', spot, after, redact)
  if (isAbsent(after)) return valueLines('-', spot, before, redact)
  if (isUnknown(after)) return [firstLine('!', spot, `${inline(before, redact) ?? '…'} -> (known after apply)`)]
  if (isUntouched(before, after)) return []
  if (isMap(before.json) && isMap(after.json)) return diffMaps(spot, before, after, redact)
  if (Array.isArray(before.json) && Array.isArray(after.json)) return diffLists(spot, before, after, redact)
  return diffScalars(spot, before, after, redact)
}

/** Equal, without a mark that may come or go. */
function isUntouched(before: Value, after: Value): boolean {
  const marks = [before.sensitive, after.sensitive, after.unknown]
  return isSame(before.json, after.json) && !marks.some(anyMarked)
}

/** Sensitive on one side is sensitive on both: the other may hold the same secret. */
function diffSensitive(spot: Spot, before: Value, after: Value): string[] {
  const show = (sign: Sign, ...remarks: string[]): string[] => [firstLine(sign, spot, '(sensitive value)', ...remarks)]
  const later = anyMarked(after.unknown) ? ['known after apply'] : []
  if (isAbsent(before)) return show('+', ...later)
  if (isAbsent(after)) return show('-')
  if (later.length > 0) return show('!', ...later)
  if (!isDeepStrictEqual(before.json, after.json)) return show('!', 'sensitive value changed')
  if (!isSensitive(before)) return show('!', 'same value, from now on sensitive')
  return isSensitive(after) ? [] : show('!', 'same value, no longer sensitive')
}

function diffMaps(spot: Spot, before: Value, after: Value, redact: Redact): string[] {
  const members = shownFirst(unionOfKeys(before, after), spot).map((key) => {
    const inner = spotAt(within(spot, head(key, redact)), forcedAt(spot.forced, key), spot.reading, spot.effort)
    const pair = { before: valueAt(before, key), after: valueAt(after, key) }
    const changed = diffValue(inner, pair, redact)
    return { changed, lines: changed.length > 0 || !spot.shows.includes(key) ? changed : shown(inner, pair, redact) }
  })
  if (members.every(({ changed }) => changed.length === 0)) return []
  const lines = members.map((member) => member.lines)
  return enclosed(spot, '{', [...lines.flat(), ...unchangedLine(emptyOnes(lines), 'attribute', spot.depth + 1)], '}')
}

function shownFirst(keys: readonly string[], { shows }: Spot): string[] {
  return [...shows.filter((key) => keys.includes(key)), ...keys.filter((key) => !shows.includes(key))]
}

/** A value that stays, unless it is long. */
function shown(spot: Spot, { after }: Pair, redact: Redact): string[] {
  const lines = valueLines(' ', spot, after, redact)
  return lines.length <= MOST_CONTEXT_LINES ? lines : []
}

function diffLists(spot: Spot, before: Value, after: Value, redact: Redact): string[] {
  const { pairs, reordered } = pairElements(elementsOf(before), elementsOf(after), spot.effort)
  const each = pairs.map((pair) => diffValue(elementSpot(spot, pair, pairs.length), pair, redact))
  const unchanged = emptyOnes(each)
  const isOrderChanged = reordered && spot.reading.ordered
  if (unchanged === each.length) return isOrderChanged ? diffOrder(spot, before, after, redact) : []
  const rest = isOrderChanged
    ? [
        remark(
          unchanged > 0 ? `${counted(unchanged, 'unchanged element')}, order changed` : 'order changed',
          spot.depth + 1,
        ),
      ]
    : unchangedLine(unchanged, 'element', spot.depth + 1)
  return enclosed(spot, '[', [...each.flat(), ...rest], ']')
}

/** A list that has the elements that it had. */
function diffOrder(spot: Spot, before: Value, after: Value, redact: Redact): string[] {
  const [was, is] = [inline(before, redact), inline(after, redact)]
  return was !== undefined && is !== undefined && was !== is
    ? [firstLine('!', spot, `${was} -> ${is}${spot.tail}`, 'order changed')]
    : [firstLine('!', spot, `[…]${spot.tail}`, `only the order of the ${elementsOf(after).length} elements changed`)]
}

function elementSpot(spot: Spot, { before, after, index }: ElementPair, among: number): Spot {
  const { shows, remarks } = spot.reading.element(before, after, among)
  const forced = forcedAt(spot.forced, index, after.json, before.json)
  const element = spotAt(within(spot, ''), forced, spot.reading, spot.effort)
  return { ...element, shows, remarks: [...element.remarks, ...remarks] }
}

function diffScalars(spot: Spot, before: Value, after: Value, redact: Redact): string[] {
  if (isDeepStrictEqual(before.json, after.json)) return []
  const changes =
    typeof before.json === 'string' && typeof after.json === 'string'
      ? diffStrings(spot, before.json, after.json, redact)
      : undefined
  return changes ?? replaced(spot, before, after, redact)
}

/** Undefined where a comparison of their contents says nothing. */
function diffStrings(spot: Spot, before: string, after: string, redact: Redact): string[] | undefined {
  const [left, right] = [openDocument(before, redact), openDocument(after, redact)]
  if (left && right && Array.isArray(left.shown) === Array.isArray(right.shown)) {
    const changes = diffDocuments(spot, left, right, redact)
    if (changes.length > 0) return changes
    const [words, why] = wordsForSame(before, after, left, right)
    return [firstLine('!', spot, words, why)]
  }
  const [was, is] = [hide(before, redact), hide(after, redact)]
  return was === is ? [firstLine('!', spot, ...HIDDEN)] : diffTexts(spot, was, is)
}

/** The differences of two JSON documents; empty where none can be seen. */
function diffDocuments(spot: Spot, left: JsonDocument, right: JsonDocument, redact: Redact): string[] {
  const reading = readingOf(left.shown, right.shown)
  const [before, after] = [reading.normal(left.shown), reading.normal(right.shown)]
  const diff = Array.isArray(before) ? diffLists : diffMaps
  const lines = diff({ ...spot, ...documentAt(spot), reading }, unmarked(before), unmarked(after), redact)
  return shortened('!', spot, lines)
}

const HIDDEN = ['(hidden)', 'differs in a hidden part'] as const

/** Of two texts that differ, though what can be seen of their documents is the same. */
function wordsForSame(
  before: string,
  after: string,
  left: JsonDocument,
  right: JsonDocument,
): readonly [string, string] {
  const { normal, what } = readingOf(left.value, right.value)
  if (!isDeepStrictEqual(normal(left.value), normal(right.value))) return HIDDEN
  const isLaidOutOtherwise = isDeepStrictEqual(jsonLines(before), jsonLines(after))
  return ['jsonencode(…)', isLaidOutOtherwise ? 'only white space differs' : `same ${what}, written otherwise`]
}

/** One value in place of another: on one line, or the old one removed and the new one added. */
function replaced(spot: Spot, before: Value, after: Value, redact: Redact): string[] {
  const [was, is] = [inline(before, redact), inline(after, redact)]
  if (was !== undefined && is !== undefined) return [firstLine('!', spot, `${was} -> ${is}`)]
  return [...valueLines('-', spot, before, redact), ...valueLines('+', spot, after, redact)]
}

function enclosed(spot: Spot, opening: string, lines: readonly string[], closing: string): string[] {
  return [firstLine(' ', spot, opening), ...lines, line(' ', spot.depth, closing + spot.tail)]
}

function spotAt(place: Place, forced: Forced, reading: Reading, effort: Effort): Spot {
  return { ...place, forced, reading, effort, shows: [], remarks: forced.here ? ['forces replacement'] : [] }
}

function emptyOnes(each: readonly (readonly string[])[]): number {
  return each.filter((lines) => lines.length === 0).length
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function nullAsAbsent(value: Value): Value {
  return value.json === null ? { ...value, json: undefined } : value
}

function unionOfKeys(before: Value, after: Value): string[] {
  return [...new Set([...keysOf(before), ...keysOf(after)])].sort()
}
