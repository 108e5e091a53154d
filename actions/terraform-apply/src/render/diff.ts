import { isDeepStrictEqual } from 'node:util'
import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import { isMap } from '../plan/json.ts'
import { anyMarked } from '../plan/sensitive.ts'
import { align } from './align.ts'
import { firstLine, head, inline, line, type Place, remark, type Sign, valueLines } from './literal.ts'
import type { Redact } from './model.ts'
import { diffTexts } from './text-diff.ts'
import { elementsOf, isAbsent, isSensitive, isUnknown, keysOf, type Value, valueAt } from './value.ts'

/** Steps from the object down to a value, as in Terraform's `replace_paths`. */
export type Path = readonly (string | number)[]

export interface DiffContext {
  redact: Redact
  /** Does the value at this path force a replacement? */
  forces: (path: Path) => boolean
}

export interface Diff {
  lines: string[]
  /** Attributes that stay as they are. */
  unchanged: number
}

interface Spot extends Place {
  path: Path
}

interface Pair {
  before: Value
  after: Value
}

const NOTHING: Value = { json: undefined, sensitive: undefined, unknown: undefined }

/**
 * What changes from one map to the other, a line or a few for each attribute that does. Nulls are absent attributes.
 * `depth`: how far the lines are indented.
 */
export function diffAttributes(before: Value, after: Value, context: DiffContext, depth = 0): Diff {
  const each = unionOfKeys(before, after).flatMap((key) => {
    const pair = { before: nullAsAbsent(valueAt(before, key)), after: nullAsAbsent(valueAt(after, key)) }
    if (isAbsent(pair.before) && isAbsent(pair.after)) return []
    return [diffValue(spotAt(head(key, context.redact), [key], depth, context), pair, context)]
  })
  return { lines: each.flat(), unchanged: each.filter((lines) => lines.length === 0).length }
}

/** `# 3 unchanged attributes`, or nothing. */
export function unchangedLine(count: number, what: string, depth = 0): string[] {
  return count === 0 ? [] : [remark(`${count} unchanged ${what}${count === 1 ? '' : 's'}`, depth)]
}

function diffValue(spot: Spot, { before, after }: Pair, context: DiffContext): string[] {
  if (isAbsent(before) && isAbsent(after)) return []
  if (isSensitive(before) || isSensitive(after)) return diffSensitive(spot, before, after)
  if (isAbsent(before)) return valueLines('+', spot, after, context.redact)
  if (isAbsent(after)) return valueLines('-', spot, before, context.redact)
  if (isUnknown(after)) return [firstLine('!', spot, `${inline(before, context.redact) ?? '…'} -> (known after apply)`)]
  if (isMap(before.json) && isMap(after.json)) return diffMaps(spot, before, after, context)
  if (Array.isArray(before.json) && Array.isArray(after.json)) return diffLists(spot, before, after, context)
  if (isDeepStrictEqual(before.json, after.json)) return []
  return diffScalars(spot, before, after, context)
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

function diffMaps(spot: Spot, before: Value, after: Value, context: DiffContext): string[] {
  const each = unionOfKeys(before, after).map((key) => {
    const inner = spotAt(head(key, context.redact), [...spot.path, key], spot.depth + 1, context)
    return diffValue(inner, { before: valueAt(before, key), after: valueAt(after, key) }, context)
  })
  return wrapped(spot, '{', each, '}', 'attribute')
}

function diffLists(spot: Spot, before: Value, after: Value, context: DiffContext): string[] {
  const each = pairElements(elementsOf(before), elementsOf(after)).map(({ index, ...pair }) =>
    diffValue(spotAt('', [...spot.path, index], spot.depth + 1, context), pair, context),
  )
  return wrapped(spot, '[', each, ']', 'element')
}

function wrapped(spot: Spot, opening: string, each: readonly string[][], closing: string, what: string): string[] {
  const changed = each.flat()
  if (changed.length === 0) return []
  const unchanged = each.filter((lines) => lines.length === 0).length
  return [
    firstLine(' ', spot, opening),
    ...changed,
    ...unchangedLine(unchanged, what, spot.depth + 1),
    line(' ', spot.depth, closing),
  ]
}

function diffScalars(spot: Spot, before: Value, after: Value, context: DiffContext): string[] {
  if (typeof before.json !== 'string' || typeof after.json !== 'string') return replaced(spot, before, after, context)
  const [was, is] = [context.redact(before.json), context.redact(after.json)]
  if (was === is) return [firstLine('!', spot, '(hidden)', 'differs in a hidden part')]
  return diffTexts(spot, was, is) ?? replaced(spot, before, after, context)
}

/** One value in place of another: on one line, or the old one removed and the new one added. */
function replaced(spot: Spot, before: Value, after: Value, context: DiffContext): string[] {
  const [was, is] = [inline(before, context.redact), inline(after, context.redact)]
  if (was !== undefined && is !== undefined) return [firstLine('!', spot, `${was} -> ${is}`)]
  return [...valueLines('-', spot, before, context.redact), ...valueLines('+', spot, after, context.redact)]
}

type ElementPair = Pair & { index: number }

/**
 * Which elements of two lists belong together: equal ones, and between those a removed and an added map or list, so
 * that only what differs within is shown. `index`: in the list that has the element, the later one first.
 */
function pairElements(before: readonly Value[], after: readonly Value[]): ElementPair[] {
  const pairs: ElementPair[] = []
  let gap: Gap = { removed: [], added: [] }
  for (const step of align(before.map(elementKey), after.map(elementKey))) {
    if (step.kind === 'removed') gap.removed.push({ value: at(before, step.before), index: step.before })
    else if (step.kind === 'added') gap.added.push({ value: at(after, step.after), index: step.after })
    else {
      pairs.push(...pairGap(gap), { before: at(before, step.before), after: at(after, step.after), index: step.after })
      gap = { removed: [], added: [] }
    }
  }
  return [...pairs, ...pairGap(gap)]
}

/** What lies between two equal elements. */
interface Gap {
  removed: { value: Value; index: number }[]
  added: { value: Value; index: number }[]
}

function pairGap({ removed, added }: Gap): ElementPair[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, place): ElementPair[] => {
    const [was, is] = [removed[place], added[place]]
    if (was && is && isAlike(was.value, is.value)) return [{ before: was.value, after: is.value, index: is.index }]
    return [
      ...(was ? [{ before: was.value, after: NOTHING, index: was.index }] : []),
      ...(is ? [{ before: NOTHING, after: is.value, index: is.index }] : []),
    ]
  }).flat()
}

function isAlike(before: Value, after: Value): boolean {
  if (isSensitive(before) || isSensitive(after)) return true
  return (isMap(before.json) && isMap(after.json)) || (Array.isArray(before.json) && Array.isArray(after.json))
}

/** An element of which a part is known later is equal to none. */
function elementKey(element: Value, index: number): string {
  return anyMarked(element.unknown) ? `known after apply ${index}` : canonicalJson(element.json ?? null)
}

function at(values: readonly Value[], index: number): Value {
  return values[index] ?? NOTHING
}

function spotAt(text: string, path: Path, depth: number, context: DiffContext): Spot {
  return { head: text, depth, path, remarks: context.forces(path) ? ['forces replacement'] : [] }
}

function nullAsAbsent(value: Value): Value {
  return value.json === null ? { ...value, json: undefined } : value
}

function unionOfKeys(before: Value, after: Value): string[] {
  return [...new Set([...keysOf(before), ...keysOf(after)])].sort()
}
