import { own } from './json.ts'

/**
 * What counts as an effect: the one table that decides which parts of a plan's JSON a reviewer has approved, and so
 * which parts must be the same when the plan is made afresh.
 *
 * `treated` parts are compared piece by piece (see canonical.ts), `digested` ones as one digest each. `left out` parts
 * vary without meaning or stand elsewhere in the plan, as the note says. A key that this table doesn't know is digested:
 * a later Terraform may put an effect there, and a needless refusal is better than an unreviewed change.
 */
export const TOP_LEVEL: Readonly<Record<string, { rule: Rule; note: string }>> = {
  resource_changes: { rule: 'treated', note: 'see RESOURCE and CHANGE' },
  output_changes: { rule: 'treated', note: 'values, sensitive ones as keyed digests' },
  deferred_changes: { rule: 'digested', note: 'what the apply would leave undone' },
  deferred_action_invocations: { rule: 'digested', note: 'as deferred_changes' },
  action_invocations: { rule: 'digested', note: 'actions that providers run beside resources' },
  checks: { rule: 'treated', note: 'address and status; the messages are texts about values that count already' },
  terraform_version: { rule: 'treated', note: 'the tool that applies' },
  complete: { rule: 'digested', note: 'a partial plan is another plan' },
  configuration: { rule: 'treated', note: 'provisioners of touched resources, provider settings (see reach.ts)' },
  variables: { rule: 'treated', note: 'those that provisioners and providers reach (see reach.ts)' },
  format_version: { rule: 'left out', note: 'the format is checked when the plan is read' },
  timestamp: { rule: 'left out', note: 'when the plan was made' },
  planned_values: { rule: 'left out', note: 'follows from the prior state and resource_changes' },
  prior_state: { rule: 'left out', note: 'what matters of it is in "before"' },
  resource_drift: { rule: 'left out', note: 'shown; drift that affects anything changes resource_changes' },
  relevant_attributes: { rule: 'left out', note: 'a filter for showing drift' },
  applyable: { rule: 'left out', note: 'follows from the changes' },
  errored: { rule: 'left out', note: 'an errored plan is never stored or applied' },
}

export type Rule = 'treated' | 'digested' | 'left out'

/** Keys of a resource change that are treated on their own; every other key counts as it is. */
export const RESOURCE_TREATED: ReadonlySet<string> = new Set(['change'])

/**
 * Keys of a change that are treated on their own. `before`, `after` and `after_unknown` are reduced to what the change
 * does (an attribute that stays as it is, is no effect); the marks decide which values become keyed digests. Every other
 * key (`actions`, `importing`, `before_identity`, `generated_config`, …) counts as it is, `replace_paths` as a set.
 */
export const CHANGE_TREATED: ReadonlySet<string> = new Set([
  'before',
  'after',
  'after_unknown',
  'before_sensitive',
  'after_sensitive',
  'replace_paths',
])

/** The table's word on a top-level key. */
export function ruleOf(key: string): Rule {
  return own(TOP_LEVEL, key)?.rule ?? 'digested'
}
