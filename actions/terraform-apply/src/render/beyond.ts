import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Json, JsonObject, Plan } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import { placeAt, valueLines } from './literal.ts'
import type { Redact } from './model.ts'
import { codeOf, textOf, wordsFor } from './prose.ts'

/** Source: the `reason` of a deferred change in Terraform's plan JSON. */
const DEFERRED: Readonly<Record<string, string>> = {
  instance_count_unknown: 'how many there will be is not known yet',
  resource_config_unknown: 'its configuration is not known yet',
  provider_config_unknown: "its provider's configuration is not known yet",
  deferred_prereq: 'it depends on something that is put off',
  absent_prereq: 'something that it depends on does not exist yet',
}

/**
 * What a plan holds beside changes of resources and outputs: provider actions that the apply invokes, and changes that
 * it puts off. Source: `action_invocations`, `deferred_changes` and `deferred_action_invocations` of the plan's JSON
 * (Terraform 1.14).
 */
export function beyondBlocks(plan: Plan, redact: Redact): Block[] {
  return [
    ...objectsAt(plan, 'action_invocations').map((invocation) => invocationFold(invocation, redact)),
    ...deferredBlocks(plan, redact),
  ]
}

function invocationFold(invocation: JsonObject, redact: Redact): Block {
  const values = {
    json: invocation['config_values'] ?? {},
    sensitive: invocation['config_sensitive'],
    unknown: invocation['config_unknown'],
  }
  return {
    kind: 'fold',
    summary: `▶️ ${codeOf(stringAt(invocation, 'address'), redact)} — invoke action${triggerOf(invocation, redact)}`,
    blocks: [{ kind: 'fence', language: 'diff', lines: valueLines('+', placeAt(''), values, redact) }],
  }
}

function triggerOf(invocation: JsonObject, redact: Redact): string {
  const trigger = invocation['lifecycle_action_trigger']
  if (!isMap(trigger)) return ''
  const event = textOf(stringAt(trigger, 'action_trigger_event'), redact, 60)
  return `, ${event} of ${codeOf(stringAt(trigger, 'triggering_resource_address'), redact)}`
}

function deferredBlocks(plan: Plan, redact: Redact): Block[] {
  const deferred = [
    ...objectsAt(plan, 'deferred_changes').map((entry) => ({ entry, object: entry['resource_change'] })),
    ...objectsAt(plan, 'deferred_action_invocations').map((entry) => ({ entry, object: entry['action_invocation'] })),
  ]
  if (deferred.length === 0) return []
  const rows = deferred.map(({ entry, object }) => [
    codeOf(isMap(object) ? stringAt(object, 'address') : '', redact),
    wordsFor(DEFERRED, stringAt(entry, 'reason'), redact),
  ])
  return [
    {
      kind: 'fold',
      summary: `⏭️ Put off to a later plan (${deferred.length})`,
      blocks: [{ kind: 'table', header: ['Object', 'Why'], rows }],
    },
  ]
}

function objectsAt(plan: Plan, key: string): JsonObject[] {
  const value = plan[key] as Json | undefined
  return Array.isArray(value) ? value.filter(isMap) : []
}

function stringAt(object: JsonObject, key: string): string {
  const value = object[key]
  return typeof value === 'string' ? value : ''
}
