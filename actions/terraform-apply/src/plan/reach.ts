import { configurationAddress } from './address.ts'
import {
  effectOf,
  type Json,
  type JsonObject,
  type ModuleConfiguration,
  type Plan,
  type ResourceChange,
  resourceChanges,
  type StateModule,
} from './format.ts'
import { anyMarked, marksOf } from './sensitive.ts'

/**
 * What an apply does beyond the values that the plan shows: provisioners run commands, and provider settings (a region,
 * an account's role) decide where everything goes. Both stand in the configuration as expressions; the values of what
 * they refer to (variables, data sources, resources that stay as they are) are in no resource change. So they, and what
 * is within their reach, count too.
 */
export interface Reach {
  /** By configuration address: the provisioners of resources that the plan creates, replaces or destroys. */
  provisioners: Record<string, Json[]>
  providers: Record<string, Json>
  /** Root variables whose value a counted expression may use. */
  variables: Record<string, Json>
  /** By address: values in the prior state of data sources and resources that a counted expression may use. */
  objects: Record<string, Json>
}

export function reachOf(plan: Plan): Reach {
  const touched = resourceChanges(plan).filter(runsProvisioners)
  const provisioners = provisionersOf(plan, new Set(touched.map(({ address }) => configurationAddress(address))))
  const providers = (plan.configuration.provider_config ?? {}) as Record<string, Json>
  const changes = resourceChanges(plan).some(({ change }) => effectOf(change) !== 'no-op')
  const byProvisioners = referencesOf(provisioners)
  const byProviders = changes ? referencesOf(providers) : NONE
  const commands: References = {
    ...byProvisioners,
    indirect: byProvisioners.indirect || Object.values(provisioners).flat().some(connects),
  }
  return {
    provisioners,
    providers,
    variables: variablesReached(
      plan,
      [...commands.direct, ...byProviders.direct],
      commands.indirect || byProviders.indirect,
    ),
    objects: { ...settingsReached(plan, byProviders), ...objectsReached(plan, commands, ['data', 'managed']) },
  }
}

/**
 * The configuration JSON names what an expression refers to, but not what a local value, a module's input or the values
 * of a for_each are made of, and in a child module `var.x` is the module's own. So one indirect reference, or any from
 * within a child module, may reach everything.
 */
interface References {
  /** What the root module's expressions name themselves: `var.x`, `data.a.b`, `a.b.id`. */
  direct: string[]
  indirect: boolean
}

const NONE: References = { direct: [], indirect: false }

/** Keys of child modules start with `module.`: resources as `module.a.x.y`, providers as `module.a:aws`. */
function referencesOf(expressions: Readonly<Record<string, Json>>): References {
  const entries = Object.entries(expressions).map(([key, value]) => ({
    isChild: key.startsWith('module.'),
    names: referencesIn(value),
  }))
  const direct = entries.flatMap(({ isChild, names }) => (isChild ? [] : names))
  const fromChild = entries.some(({ isChild, names }) => isChild && names.length > 0)
  return { direct, indirect: fromChild || direct.some((name) => /^(local|module|each)\./.test(name)) }
}

/** What connects has a `connection` block, which the configuration JSON leaves out with all that it refers to. */
function connects(provisioner: Json): boolean {
  return (provisioner as JsonObject)['type'] !== 'local-exec'
}

/** Creation-time provisioners run at create and replace, destroy-time ones at delete and replace. */
function runsProvisioners({ change }: ResourceChange): boolean {
  return ['create', 'replace', 'delete', 'forget-and-create'].includes(effectOf(change))
}

function provisionersOf(plan: Plan, touched: ReadonlySet<string>): Record<string, Json[]> {
  const found: Record<string, Json[]> = {}
  const visit = (module: ModuleConfiguration | undefined, prefix: string): void => {
    for (const resource of module?.resources ?? []) {
      const address = `${prefix}${resource.address}`
      if (resource.provisioners && touched.has(address)) found[address] = resource.provisioners
    }
    for (const [name, call] of Object.entries(module?.module_calls ?? {}))
      visit(call.module, `${prefix}module.${name}.`)
  }
  visit(plan.configuration.root_module, '')
  return found
}

function variablesReached(plan: Plan, direct: readonly string[], indirect: boolean): Record<string, Json> {
  const named = new Set(direct.flatMap((name) => (name.startsWith('var.') ? [name.split(/[.[]/)[1] ?? ''] : [])))
  const reached = Object.keys(plan.variables ?? {}).filter((name) => indirect || named.has(name))
  return Object.fromEntries(reached.map((name) => [name, plan.variables?.[name]?.value ?? null]))
}

/**
 * What provider settings read. An indirect reference reaches data sources only: settings hardly ever come from another
 * resource, and counting all would make every drift another plan. Sensitive values are left out: they are credentials,
 * which say who acts and not what is done, and many data sources make a new one at each read (`aws_eks_cluster_auth`).
 */
function settingsReached(plan: Plan, references: References): Record<string, Json> {
  const objects = objectsReached(plan, references, ['data'])
  const marks = new Map(
    stateObjects(plan.prior_state?.values?.root_module).map(({ address, sensitive_values }) => [
      address,
      sensitive_values,
    ]),
  )
  return Object.fromEntries(
    Object.entries(objects).map(([address, values]) => [address, withoutMarked(values, marks.get(address))]),
  )
}

function withoutMarked(value: Json, marks: Json | undefined): Json {
  if (marks === true) return null
  if (typeof value !== 'object' || value === null || !anyMarked(marks)) return value
  if (Array.isArray(value)) return value.map((inner, index) => withoutMarked(inner, marksOf(marks, index)))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutMarked(inner, marksOf(marks, key))]),
  )
}

/** @param modes what an indirect reference reaches; a command may use anything */
function objectsReached(plan: Plan, { direct, indirect }: References, modes: readonly string[]): Record<string, Json> {
  const named = new Set(
    direct.map((name) =>
      name
        .split(/[.[]/)
        .slice(0, name.startsWith('data.') ? 3 : 2)
        .join('.'),
    ),
  )
  const objects = stateObjects(plan.prior_state?.values?.root_module)
  const reached = objects.filter(
    ({ address, mode }) => (indirect && modes.includes(mode)) || named.has(configurationAddress(address)),
  )
  return Object.fromEntries(reached.map(({ address, values }) => [address, values ?? null]))
}

function stateObjects(module: StateModule | undefined): NonNullable<StateModule['resources']> {
  return [...(module?.resources ?? []), ...(module?.child_modules ?? []).flatMap(stateObjects)]
}

function referencesIn(value: Json | undefined): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'references' && Array.isArray(inner)
      ? inner.filter((name) => typeof name === 'string')
      : referencesIn(inner),
  )
}
