import { invalidInput } from '../../../../lib/action/errors.ts'
import { parseLargeJson } from '../../../../lib/crypto/large-json.ts'
import { isMap, type Json, type JsonObject } from './json.ts'
import { anything, flag, listOf, mapOf, object, orNull, type Shape, text, unreadable } from './shape.ts'

export type { Json, JsonObject } from './json.ts'

/**
 * The JSON that `terraform show -json <plan>` prints, format 0.x (Terraform 0.12 to 1.0) and 1.x (since 1.1, OpenTofu),
 * as far as this action reads it. Source: "JSON Output Format" in Terraform's and OpenTofu's documentation.
 */
export interface Plan {
  format_version: string
  terraform_version?: string
  variables?: Record<string, { value?: Json }>
  resource_changes?: ResourceChange[]
  resource_drift?: ResourceChange[]
  output_changes?: Record<string, Change>
  configuration: Configuration
  prior_state?: { values?: StateValues }
  checks?: Json[]
  deferred_changes?: unknown[]
  deferred_action_invocations?: unknown[]
  action_invocations?: unknown[]
  applyable?: boolean
  complete?: boolean
  errored?: boolean
  [key: string]: unknown
}

export interface ResourceChange {
  address: string
  previous_address?: string
  module_address?: string
  mode: string
  type: string
  name: string
  deposed?: string
  provider_name?: string
  action_reason?: string
  change: Change
}

export interface Change {
  actions: string[]
  before?: Json
  after?: Json
  /** Mirrors `after`: `true` where a value is known only after the apply. */
  after_unknown?: Json
  /** Mirror the values: `true` where a value, or all beneath it, is sensitive. */
  before_sensitive?: Json
  after_sensitive?: Json
  /** Steps from the object down: names, indices, and for an element of a set the element itself. */
  replace_paths?: Json[][]
  importing?: JsonObject
  [key: string]: Json | undefined
}

export interface Configuration {
  provider_config?: Record<string, JsonObject>
  root_module?: ModuleConfiguration
}

export interface ModuleConfiguration {
  resources?: { address: string; provisioners?: Json[]; [key: string]: Json | undefined }[]
  module_calls?: Record<string, { module?: ModuleConfiguration }>
  variables?: Record<string, { sensitive?: boolean; default?: Json }>
}

export interface StateValues {
  root_module?: StateModule
  outputs?: Record<string, { sensitive?: boolean; value?: Json }>
}

export interface StateModule {
  resources?: { address: string; mode: string; values?: Json; sensitive_values?: Json }[]
  child_modules?: StateModule[]
}

/** What happens to one object. `replace` and `forget-and-create` are two actions of Terraform that belong together. */
export type Effect = 'no-op' | 'create' | 'read' | 'update' | 'delete' | 'replace' | 'forget' | 'forget-and-create'

const EFFECTS: ReadonlyMap<string, Effect> = new Map([
  ['no-op', 'no-op'],
  ['create', 'create'],
  ['read', 'read'],
  ['update', 'update'],
  ['delete', 'delete'],
  ['delete,create', 'replace'],
  ['create,delete', 'replace'],
  ['forget', 'forget'],
  ['create,forget', 'forget-and-create'],
  ['forget,create', 'forget-and-create'],
])

/** The effect of a change. Only for changes that `readPlan` has accepted. */
export function effectOf(change: Change): Effect {
  const { actions } = change
  const effect = EFFECTS.get((actions.length === 1 ? actions[0] : actions.join(',')) ?? '')
  if (effect === undefined) throw new Error(`unchecked actions ${actions.join(', ')}`)
  return effect
}

/** Lists and maps within one another; recursion over a plan is safe up to here. Terraform's own plans stay below 50. */
const MOST_LEVELS = 500

/**
 * Reads a plan, given as text or as its bytes in UTF-8, which is better for a large one. Throws `invalid-input` for text that isn't a plan, a major format above 1, an unknown action, or another
 * shape than the code relies on: what we can't read might be a destroy, so it is never shown as "no changes".
 */
export function readPlan(text: string | Buffer): Plan {
  const plan = parse(typeof text === 'string' ? Buffer.from(text) : text)
  requireFormat(plan['format_version'])
  PLAN(plan, '$')
  return plan as unknown as Plan
}

/** Every resource change of the plan, an absent list being an empty one (Terraform leaves empty lists out). */
export function resourceChanges(plan: Plan): ResourceChange[] {
  return plan.resource_changes ?? []
}

function parse(bytes: Buffer): Record<string, unknown> {
  let value: unknown
  try {
    // A quarter of a large document, and nobody reads it.
    value = parseLargeJson(bytes, { levels: MOST_LEVELS, dropped: ['planned_values'] })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep()
    throw invalidInput('The plan is no JSON; "terraform show -json <plan file>" prints what is needed.', cause)
  }
  if (!isMap(value)) throw unreadable('is no JSON object')
  return value
}

function tooDeep(): Error {
  return unreadable(`nests values in more than ${MOST_LEVELS} levels`)
}

function requireFormat(version: unknown): void {
  if (typeof version !== 'string' || !/^\d+\.\d+$/.test(version)) throw unreadable('has no "format_version"')
  const major = Number(version.split('.')[0])
  if (major > 1) throw unreadable(`has format version ${version}; versions 0.x and 1.x are known`)
}

const actions: Shape = (value, path) => {
  listOf(text)(value, path)
  if (EFFECTS.has((value as string[]).join(','))) return
  throw unreadable(`has the unknown action ${JSON.stringify(value)} at ${path}`)
}

/** @param side what stands before and after the change */
function changeOf(side: Shape): Shape {
  const shape = object(
    { actions, before: side },
    { after: side, replace_paths: orNull(listOf(listOf(anything))), importing: mapOf(anything) },
  )
  return (value, path) => {
    shape(value, path)
    const change = value as Change
    // Terraform leaves "after" out when all of the value is unknown.
    if (Object.hasOwn(change, 'after') || change.after_unknown === true) return
    throw unreadable(`has no "after" at ${path}`)
  }
}

// The shapes of `Plan` and of what it holds, as far as the code relies on them.

const RESOURCE = object(
  { address: text, mode: text, type: text, name: text, change: changeOf(orNull(mapOf(anything))) },
  { previous_address: text, module_address: text, deposed: text, provider_name: text, action_reason: text },
)

const MODULE: Shape = object(
  {},
  {
    resources: orNull(listOf(object({ address: text }, { provisioners: orNull(listOf(mapOf(anything))) }))),
    module_calls: orNull(mapOf(object({}, { module: orNull((value, path) => MODULE(value, path)) }))),
    variables: orNull(mapOf(object({}, { sensitive: flag }))),
  },
)

const STATE_MODULE: Shape = object(
  {},
  {
    resources: orNull(listOf(object({ address: text, mode: text }, {}))),
    child_modules: orNull(listOf((value, path) => STATE_MODULE(value, path))),
  },
)

const STATE_VALUES = object({}, { root_module: orNull(STATE_MODULE), outputs: orNull(mapOf(mapOf(anything))) })

const PLAN = object(
  {
    planned_values: mapOf(anything),
    configuration: object({}, { provider_config: orNull(mapOf(anything)), root_module: orNull(MODULE) }),
  },
  {
    terraform_version: text,
    variables: orNull(mapOf(mapOf(anything))),
    resource_changes: orNull(listOf(RESOURCE)),
    resource_drift: orNull(listOf(RESOURCE)),
    output_changes: orNull(mapOf(changeOf(anything))),
    prior_state: orNull(object({}, { values: orNull(STATE_VALUES) })),
    checks: orNull(listOf(anything)),
    deferred_changes: orNull(listOf(anything)),
    deferred_action_invocations: orNull(listOf(anything)),
    action_invocations: orNull(listOf(anything)),
    applyable: flag,
    complete: flag,
    errored: flag,
  },
)
