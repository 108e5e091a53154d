import type { Change, Json, Plan, StateModule, StateValues } from './format.ts'

/** Is the value, or all of it, marked? The marks of Terraform mirror the value: `true` covers everything beneath. */
export function isMarked(marks: Json | undefined): boolean {
  return marks === true
}

/** The marks one level down; a `true` above holds for everything beneath it. */
export function marksOf(marks: Json | undefined, key: string | number): Json | undefined {
  if (marks === true) return true
  if (typeof marks !== 'object' || marks === null) return undefined
  return Array.isArray(marks) ? marks[Number(key)] : marks[key]
}

/** Is anything in these marks set? `false` leaves and empty maps are noise of the format. */
export function anyMarked(marks: Json | undefined): boolean {
  if (marks === true) return true
  if (typeof marks !== 'object' || marks === null) return false
  for (const inner of Array.isArray(marks) ? marks : Object.values(marks)) if (anyMarked(inner)) return true
  return false
}

/**
 * Every text or number that the plan holds and marks as sensitive, wherever it stands: changes, drift, outputs, prior
 * state and sensitive variables. Redacting these finds a secret again in places that carry no mark, such as a
 * provider's error.
 */
export function sensitiveValues(plan: Plan): Set<string> {
  const found = new Set<string>()
  const change = ({ before, after, before_sensitive, after_sensitive }: Change): void => {
    collect(before, before_sensitive, found)
    collect(after, after_sensitive, found)
  }
  for (const resource of [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])]) change(resource.change)
  for (const output of Object.values(plan.output_changes ?? {})) change(output)
  for (const output of Object.values(plan.prior_state?.values?.outputs ?? {}))
    collect(output.value, output.sensitive, found)
  collectState(plan.prior_state?.values?.root_module, found)
  for (const [name, declaration] of Object.entries(plan.configuration.root_module?.variables ?? {})) {
    if (declaration.sensitive) collect(plan.variables?.[name]?.value, true, found)
  }
  return found
}

/** The same for a state as `terraform show -json` prints it. */
export function sensitiveStateValues(state: { values?: StateValues }): Set<string> {
  const found = new Set<string>()
  for (const output of Object.values(state.values?.outputs ?? {})) collect(output.value, output.sensitive, found)
  collectState(state.values?.root_module, found)
  return found
}

function collectState(module: StateModule | undefined, found: Set<string>): void {
  for (const resource of module?.resources ?? []) collect(resource.values, resource.sensitive_values, found)
  for (const child of module?.child_modules ?? []) collectState(child, found)
}

function collect(value: Json | undefined, marks: Json | undefined, found: Set<string>): void {
  if (value === undefined || value === null || !anyMarked(marks)) return
  if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) collect(inner, marksOf(marks, key), found)
    return
  }
  if (isMarked(marks)) found.add(String(value))
}
