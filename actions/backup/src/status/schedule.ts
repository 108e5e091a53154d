import { parse } from 'yaml'

/**
 * The cron expressions under `on.schedule` of a workflow's text, in their order; none when it has no schedule.
 *
 * @throws YAMLParseError when the text is no YAML
 */
export function schedulesOf(workflow: string): string[] {
  const schedule = at(at(parse(workflow), 'on'), 'schedule')
  if (!Array.isArray(schedule)) return []
  return schedule.map((entry) => at(entry, 'cron')).filter((cron) => typeof cron === 'string')
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
