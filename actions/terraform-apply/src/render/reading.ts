import type { Json } from '../plan/format.ts'
import { broadGrants, isPolicy, normalPolicy, STATEMENT_KEYS } from './policy.ts'
import { IDENTIFYING, isEmpty } from './similarity.ts'
import { isSensitive, isUnknown, keysOf, type Value, valueAt } from './value.ts'

/** How a value is to be understood, as far as its shape doesn't say it. */
export interface Reading {
  what: 'value' | 'policy'
  /** Does the order of a list mean anything? */
  ordered: boolean
  /** The one form that all spellings of a document share. */
  normal: (document: Json) => Json
  /** Of an element among so many: members to show first and even where they stay, and what is to be said of it. */
  element: (before: Value, after: Value, among: number) => { shows: readonly string[]; remarks: readonly string[] }
}

/** Any value: a list may be one, or a set. */
export const VALUES: Reading = {
  what: 'value',
  ordered: true,
  normal: (document) => document,
  element: (_, after, among) => ({ shows: among > 1 ? tellingMembers(after) : [], remarks: [] }),
}

const POLICIES: Reading = {
  what: 'policy',
  ordered: false,
  normal: (document) => (isPolicy(document) ? normalPolicy(document) : document),
  element: (before, after) => ({ shows: STATEMENT_KEYS, remarks: grantRemarks(before, after) }),
}

/** How two documents are to be compared. */
export function readingOf(before: Json, after: Json): Reading {
  return isPolicy(before) && isPolicy(after) ? POLICIES : VALUES
}

/** More unchanged members than these would hide the changed ones. */
const MOST_TELLING = 4

/** By which members a reader knows which element it is. */
function tellingMembers(element: Value): string[] {
  const telling = keysOf(element).filter((key) => isTelling(valueAt(element, key)))
  const names = IDENTIFYING.filter((key) => telling.includes(key))
  return names.length > 0 ? names : telling.slice(0, MOST_TELLING)
}

function isTelling(member: Value): boolean {
  return !isSensitive(member) && !isUnknown(member) && !isEmpty(member.json) && typeof member.json !== 'object'
}

function grantRemarks(before: Value, after: Value): string[] {
  const known = broadGrants(before.json)
  const grants = broadGrants(after.json).filter((words) => !known.includes(words))
  return grants.length === 0 ? [] : [`⚠️ newly allows ${grants.join(', ')}`]
}
