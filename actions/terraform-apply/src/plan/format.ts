import { invalidInput } from '../../../../lib/action/errors.ts'
import { parseJsonExact } from '../../../../lib/crypto/exact-json.ts'

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
  applyable?: boolean
  complete?: boolean
  errored?: boolean
  [key: string]: unknown
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

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
  replace_paths?: (string | number)[][]
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
  const effect = EFFECTS.get(change.actions.join(','))
  if (effect === undefined) throw new Error(`unchecked actions ${change.actions.join(', ')}`)
  return effect
}

/**
 * Reads a plan. Throws `invalid-input` for text that isn't a plan, a major format above 1, a missing key or an unknown
 * action: what we can't read might be a destroy, so it is never shown as "no changes".
 */
export function readPlan(text: string): Plan {
  const plan = parse(text)
  requireFormat(plan['format_version'])
  if (!isObject(plan['configuration'])) throw unreadable('has no "configuration"')
  if (!isObject(plan['planned_values'])) throw unreadable('has no "planned_values"')
  for (const [index, change] of list(plan, 'resource_changes').entries())
    requireResource(change, `resource_changes[${index}]`)
  for (const [index, change] of list(plan, 'resource_drift').entries())
    requireResource(change, `resource_drift[${index}]`)
  for (const [name, change] of Object.entries(map(plan, 'output_changes')))
    requireChange(change, `output_changes.${name}`)
  return plan as unknown as Plan
}

/** Every resource change of the plan, an absent list being an empty one (Terraform leaves empty lists out). */
export function resourceChanges(plan: Plan): ResourceChange[] {
  return plan.resource_changes ?? []
}

function parse(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parseJsonExact(text)
  } catch (cause) {
    throw invalidInput('The plan is no JSON; "terraform show -json <plan file>" prints what is needed.', cause)
  }
  if (!isObject(value)) throw unreadable('is no JSON object')
  return value
}

function requireFormat(version: unknown): void {
  if (typeof version !== 'string' || !/^\d+\.\d+$/.test(version)) throw unreadable('has no "format_version"')
  const major = Number(version.split('.')[0])
  if (major > 1) throw unreadable(`has format version ${version}; versions 0.x and 1.x are known`)
}

function requireResource(value: unknown, path: string): void {
  if (!isObject(value)) throw unreadable(`has no object at ${path}`)
  for (const key of ['address', 'mode', 'type', 'name']) {
    if (typeof value[key] !== 'string') throw unreadable(`has no "${key}" at ${path}`)
  }
  requireChange(value['change'], `${path}.change`)
}

function requireChange(value: unknown, path: string): void {
  if (!isObject(value)) throw unreadable(`has no "change" at ${path}`)
  const actions = value['actions']
  if (!Array.isArray(actions) || !actions.every((action) => typeof action === 'string')) {
    throw unreadable(`has no "actions" at ${path}`)
  }
  const effect = EFFECTS.get(actions.join(','))
  if (effect === undefined) throw unreadable(`has the unknown action ${JSON.stringify(actions)} at ${path}`)
  if (!('before' in value)) throw unreadable(`has no "before" at ${path}`)
  // Terraform leaves "after" out when all of the value is unknown.
  if (!('after' in value) && value['after_unknown'] !== true) throw unreadable(`has no "after" at ${path}`)
}

function list(plan: Record<string, unknown>, key: string): unknown[] {
  const value = plan[key] ?? []
  if (!Array.isArray(value)) throw unreadable(`has no list at "${key}"`)
  return value
}

function map(plan: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = plan[key] ?? {}
  if (!isObject(value)) throw unreadable(`has no map at "${key}"`)
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(what: string): Error {
  return invalidInput(`The plan can't be read: it ${what}.`)
}
