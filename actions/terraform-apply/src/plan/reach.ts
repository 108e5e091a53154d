import { configurationAddress } from './address.ts'
import {
  effectOf,
  type Json,
  type JsonObject,
  type ModuleConfiguration,
  type Plan,
  type ResourceChange,
  resourceChanges,
} from './format.ts'

/**
 * What an apply does beyond the values that the plan shows: provisioners run commands, and provider settings (a region,
 * an account's role) decide where everything goes. Both stand in the configuration as expressions, and the values of the
 * variables that they refer to are in no resource change. So they, and the variables within their reach, count too.
 */
export interface Reach {
  /** By configuration address: the provisioners of resources that the plan creates, replaces or destroys. */
  provisioners: Record<string, Json[]>
  providers: Record<string, Json>
  /** Root variables whose value a counted expression may use. */
  variables: Record<string, Json>
}

export function reachOf(plan: Plan): Reach {
  const touched = resourceChanges(plan).filter(runsProvisioners)
  const provisioners = provisionersOf(plan, new Set(touched.map(({ address }) => configurationAddress(address))))
  const providers = (plan.configuration.provider_config ?? {}) as Record<string, Json>
  const changes = resourceChanges(plan).some(({ change }) => effectOf(change) !== 'no-op')
  const root = [...rootOnly(provisioners), ...(changes ? rootOnly(providers) : [])]
  const all = [...Object.values(provisioners), ...(changes ? Object.values(providers) : [])]
  const anyConnects = Object.values(provisioners).flat().some(connects)
  return {
    provisioners,
    providers,
    variables: variablesReached(plan, referencesIn(root as Json), referencesIn(all as Json), anyConnects),
  }
}

/** What connects has a `connection` block, which the configuration JSON leaves out with all that it refers to. */
function connects(provisioner: Json): boolean {
  return (provisioner as JsonObject)['type'] !== 'local-exec'
}

/** Keys of child modules start with `module.`: resources as `module.a.x.y`, providers as `module.a:aws`. */
function rootOnly<T>(values: Readonly<Record<string, T>>): T[] {
  return Object.entries(values).flatMap(([key, value]) => (key.startsWith('module.') ? [] : [value]))
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

/**
 * The configuration JSON names what an expression refers to, but not what a local value, a module's input or the values
 * of a for_each are made of. So one indirect reference, or any from within a child module, brings every root variable
 * within reach.
 */
function variablesReached(
  plan: Plan,
  fromRoot: readonly string[],
  fromAll: readonly string[],
  anyConnects: boolean,
): Record<string, Json> {
  const direct = new Set(fromRoot.flatMap((name) => (name.startsWith('var.') ? [name.split(/[.[]/)[1] ?? ''] : [])))
  const indirect =
    anyConnects || fromAll.length > fromRoot.length || fromRoot.some((name) => /^(local|module|each)\./.test(name))
  const reached = Object.keys(plan.variables ?? {}).filter((name) => indirect || direct.has(name))
  return Object.fromEntries(reached.map((name) => [name, plan.variables?.[name]?.value ?? null]))
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
