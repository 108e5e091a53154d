import type { Redact } from './model.ts'
import { wordsFor } from './prose.ts'

/**
 * Why Terraform chose an action: values of `action_reason` in "JSON Output Format" of Terraform's documentation, and
 * those that only OpenTofu has. They follow the action's word, as in "destroy, no longer in the configuration".
 */
const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: 'it is tainted',
  replace_because_cannot_update: "it can't be changed in place",
  replace_by_request: 'asked for with -replace',
  replace_by_triggers: 'triggered by replace_triggered_by',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each was added or removed',
  delete_because_count_index: 'its index is beyond count',
  delete_because_each_key: 'its key is no longer in for_each',
  delete_because_no_move_target: 'moved to an address that is not in the configuration',
  delete_because_enabled_false: 'enabled is false',
  forgot_because_lifecycle_destroy_in_state: 'it was to be kept when it leaves the configuration',
  forgot_because_lifecycle_destroy_in_config: 'lifecycle says destroy = false',
  read_because_config_unknown: 'its configuration is known only after the apply',
  read_because_dependency_pending: 'it depends on changes of this plan',
  read_because_check_nested: 'it belongs to a check',
}

/** The reason in words, as safe text. */
export function reasonWords(reason: string, redact: Redact): string {
  return wordsFor(REASONS, reason, redact)
}
