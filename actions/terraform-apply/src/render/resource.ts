import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import { pathText } from '../plan/address.ts'
import { type Change, effectOf, type Json, type ResourceChange } from '../plan/format.ts'
import { type DiffContext, diffAttributes, unchangedLine } from './diff.ts'
import { forcedAt, forcedBy } from './forced.ts'
import { cutLine, head, remark } from './literal.ts'
import { lookOf } from './look.ts'
import type { Redact, Source } from './model.ts'
import { newlyGranted } from './policy.ts'
import { positionBlocks } from './position.ts'
import { codeOf, listed } from './prose.ts'
import { reasonWords } from './reasons.ts'
import type { Effort } from './similarity.ts'
import { isUnknown, keysOf, type Value, valueAt } from './value.ts'

/** One change as a fold: what happens to which object, and why, on its first line; within, where it stands, and the values. */
export function resourceFold(resource: ResourceChange, redact: Redact, effort: Effort, source?: Source): Block {
  const { symbol, word } = lookOf(resource)
  const because = [word, ...circumstances(resource, redact), ...alarms(resource)].join(', ')
  return {
    kind: 'fold',
    summary: `${symbol} ${codeOf(resource.address, redact)} — ${because}`,
    blocks: [
      ...(source ? positionBlocks(resource.address, source, redact) : []),
      { kind: 'fence', language: 'diff', lines: changeLines(resource, redact, effort) },
    ],
  }
}

/** The values of a change before and after it, with their marks. */
export function sidesOf(change: Change): { before: Value; after: Value } {
  return {
    before: { json: change.before, sensitive: change.before_sensitive, unknown: undefined },
    after: { json: change.after, sensitive: change.after_sensitive, unknown: change.after_unknown },
  }
}

/** What an import is known by: an id, or an identity of several attributes. */
export function importedBy({ importing }: Change): string | undefined {
  if (importing === undefined) return undefined
  const { id, identity } = importing
  if (typeof id === 'string') return id
  return identity === undefined ? 'id known after apply' : canonicalJson(identity)
}

/** What stands after the action's word on the first line, as safe HTML. */
function circumstances(resource: ResourceChange, redact: Redact): string[] {
  const imported = importedBy(resource.change)
  return [
    ...(resource.deposed === undefined ? [] : [`deposed object ${codeOf(resource.deposed, redact)}`]),
    ...causes(resource, redact),
    ...(resource.previous_address === undefined ? [] : [`moved from ${codeOf(resource.previous_address, redact)}`]),
    ...(imported === undefined ? [] : [`imported as ${codeOf(imported, redact)}`]),
  ]
}

/** What forces a replacement says more than the reason that something does. */
function causes({ action_reason, change }: ResourceChange, redact: Redact): string[] {
  const paths = new Set((change.replace_paths ?? []).map((path) => codeOf(pathText(toContainer(path)), redact, 80)))
  const forced = paths.size > 0 ? [`forced by ${listed([...paths], 3)}`] : []
  const saysMore =
    action_reason !== undefined && (action_reason !== 'replace_because_cannot_update' || paths.size === 0)
  return [...(saysMore ? [reasonWords(action_reason, redact)] : []), ...forced]
}

/** Up to the set whose element the path leads into: an element is named by all of its values. */
function toContainer(path: readonly Json[]): readonly Json[] {
  const element = path.findIndex((step) => typeof step === 'object')
  return element === -1 ? path : path.slice(0, element)
}

/** What a reader is to see without opening the fold. */
function alarms({ change }: ResourceChange): string[] {
  const { before, after } = sidesOf(change)
  const grants = newlyGranted(before, after)
  return grants.length === 0 ? [] : [`⚠️ its policy newly allows ${grants.join(', ')}`]
}

function changeLines(resource: ResourceChange, redact: Redact, effort: Effort): string[] {
  const { change } = resource
  const { before, after } = sidesOf(change)
  const context: DiffContext = { redact, forced: forcedBy(change.replace_paths ?? []), effort }
  switch (effectOf(change)) {
    case 'forget':
      return [remark('stays as it is and is no longer managed')]
    case 'update':
      return updateLines(before, after, context)
    case 'replace':
      return [...orderLine(change), ...wholeObjectLines(before, after, context)]
    case 'forget-and-create':
      return [
        remark('the old object stays as it is and is no longer managed'),
        ...wholeObjectLines(before, after, context),
      ]
    default:
      return wholeObjectLines(before, after, context)
  }
}

function updateLines(before: Value, after: Value, context: DiffContext): string[] {
  const { lines, unchanged } = diffAttributes(before, after, context)
  const changed = lines.length > 0 ? lines : [remark('the values that the plan shows stay the same')]
  return [...changed, ...unchangedLine(unchanged, 'attribute')]
}

/** Of a new object, attributes that are known later are all but noise; only one that forces a replacement isn't. */
function wholeObjectLines(before: Value, after: Value, context: DiffContext): string[] {
  const later = keysOf(after).filter((key) => isUnknown(valueAt(after, key)) && !forcedAt(context.forced, key).here)
  const { lines, unchanged } = diffAttributes(without(before, later), without(after, later), context)
  const names = later.map((key) => head(key, context.redact).replace(/ = $/, ''))
  return [
    ...lines,
    ...(names.length > 0 ? [remark(`known after apply: ${cutLine(names.join(', '))}`)] : []),
    ...(before.json === null || after.json === null ? [] : unchangedLine(unchanged, 'attribute')),
  ]
}

function orderLine({ actions }: Change): string[] {
  return actions[0] === 'create' ? [remark('the new object is created before the old one is destroyed')] : []
}

function without(value: Value, keys: readonly string[]): Value {
  const drop = (json: Json | undefined): Json | undefined => {
    if (keys.length === 0 || typeof json !== 'object' || json === null || Array.isArray(json)) return json
    return Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)))
  }
  return { json: drop(value.json), sensitive: value.sensitive, unknown: drop(value.unknown) }
}
