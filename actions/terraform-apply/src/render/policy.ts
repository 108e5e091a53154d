import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Json, JsonObject } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { parseDocument } from './json-document.ts'
import { elementsOf, isSensitive, keysOf, type Value, valueAt } from './value.ts'

// Source: "Grammar of the IAM JSON policy language" in AWS's documentation of IAM. The order of statements means nothing,
// nor does that of the elements of a list, and a list of one may be written as the element alone.

const POLICY_KEYS: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const LISTS: readonly string[] = ['Action', 'NotAction', 'Resource', 'NotResource']
const PRINCIPALS: readonly string[] = ['Principal', 'NotPrincipal']
/** In the order in which they are read. */
export const STATEMENT_KEYS: readonly string[] = ['Sid', 'Effect', ...PRINCIPALS, ...LISTS, 'Condition']

/** Is it a policy, with nothing in it that the grammar doesn't know? */
export function isPolicy(document: Json): document is JsonObject {
  if (!isMap(document) || !Object.keys(document).every((key) => POLICY_KEYS.has(key))) return false
  const statements = asList(document['Statement'])
  return statements.length > 0 && statements.every(isStatement)
}

function isStatement(statement: Json): boolean {
  if (!isMap(statement) || !Object.keys(statement).every((key) => STATEMENT_KEYS.includes(key))) return false
  return statement['Effect'] === 'Allow' || statement['Effect'] === 'Deny'
}

/** The policy in the one form that all spellings of it share. */
export function normalPolicy(policy: JsonObject): JsonObject {
  return { ...policy, Statement: asSet(asList(policy['Statement']).map(normalStatement)) }
}

function normalStatement(statement: Json): Json {
  if (!isMap(statement)) return statement
  const normal = ([key, value]: [string, Json]): [string, Json] => {
    if (LISTS.includes(key)) return [key, asSet(asList(value))]
    if (PRINCIPALS.includes(key) && isMap(value)) return [key, mapValues(value, (names) => asSet(asList(names)))]
    if (key === 'Condition' && isMap(value)) return [key, mapValues(value, normalTest)]
    return [key, value]
  }
  const present = STATEMENT_KEYS.flatMap((key): [string, Json][] => {
    const value = statement[key]
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(present.map(normal))
}

/** `{ "aws:SourceIp": ["…"] }`: any of the values will do. */
function normalTest(test: Json): Json {
  return isMap(test) ? mapValues(test, (values) => asSet(asList(values))) : test
}

/** In words, whom and what a statement allows without naming it. Empty for one that denies. */
export function broadGrants(statement: Json | undefined): string[] {
  if (!isMap(statement) || statement['Effect'] !== 'Allow') return []
  const has = (key: string, values: readonly string[]): boolean =>
    asList(statement[key]).some((value) => typeof value === 'string' && values.includes(value))
  const principal = statement['Principal']
  const everybody = isMap(principal) ? asList(principal['AWS']).includes('*') : principal === '*'
  const grants: Readonly<Record<string, boolean>> = {
    'any action': has('Action', ['*', '*:*']),
    'any action of a service': asList(statement['Action']).some(isServiceWide),
    'any action but those named': Object.hasOwn(statement, 'NotAction'),
    'any resource': has('Resource', ['*']),
    'any resource but those named': Object.hasOwn(statement, 'NotResource'),
    anybody: everybody,
    'anybody but those named': Object.hasOwn(statement, 'NotPrincipal'),
  }
  return Object.keys(grants).filter((words) => grants[words])
}

/** `s3:*` */
function isServiceWide(action: Json): boolean {
  return typeof action === 'string' && /^[^*]+:\*$/.test(action)
}

/** What policies anywhere in the value allow without naming it, and didn't before. Secret values aren't looked at. */
export function newlyGranted(before: Value, after: Value): string[] {
  const grants = new Set(grantsIn(after))
  if (grants.size === 0) return []
  const known = new Set(grantsIn(before))
  return [...grants].filter((words) => !known.has(words))
}

function grantsIn(value: Value): string[] {
  if (isSensitive(value)) return []
  if (typeof value.json === 'string') return grantsOfText(value.json)
  if (Array.isArray(value.json)) return elementsOf(value).flatMap((element) => grantsIn(element))
  if (!isMap(value.json)) return []
  return keysOf(value).flatMap((key) => grantsIn(valueAt(value, key)))
}

function grantsOfText(text: string): string[] {
  // Written with escapes it needs a closer look.
  if (!text.includes('"Statement"') && !text.includes('\\u')) return []
  const document = parseDocument(text)
  if (document === undefined || !isPolicy(document)) return []
  return asList(document['Statement']).flatMap(broadGrants)
}

function asList(value: Json | undefined): Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function asSet(values: readonly Json[]): Json[] {
  const byText = new Map(values.map((value) => [canonicalJson(value), value]))
  return [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, value]) => value)
}

function mapValues(values: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}
