import type { Report } from './model.ts'

interface Metric {
  name: string
  help: string
  value: number | undefined
}

/**
 * Figures in Prometheus' text format (version 0.0.4), all gauges. The labels are set and mode; a name is never among them.
 *
 * @param now when the run ended
 */
export function metricsText(report: Report, now: Date): string {
  const labels = `{set="${escaped(report.set)}",mode="${escaped(report.mode)}"}`
  return metricsOf(report, now)
    .filter(({ value }) => value !== undefined)
    .map(({ name, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}${labels} ${value}\n`)
    .join('')
}

function metricsOf({ result, seconds, backup, warnings }: Report, now: Date): Metric[] {
  const endedAt = Math.floor(now.getTime() / 1000)
  return [
    { name: 'ondol_backup_last_run_timestamp_seconds', help: 'When the last run ended.', value: endedAt },
    {
      name: 'ondol_backup_last_success_timestamp_seconds',
      help: 'When the last run that did not fail ended.',
      value: result === 'failed' ? undefined : endedAt,
    },
    { name: 'ondol_backup_success', help: '1 when the last run did not fail.', value: result === 'failed' ? 0 : 1 },
    { name: 'ondol_backup_warnings', help: 'Warnings of the last run.', value: warnings.length },
    { name: 'ondol_backup_duration_seconds', help: 'How long the last run took.', value: seconds },
    { name: 'ondol_backup_files', help: 'Files of the last backup.', value: backup?.files },
    { name: 'ondol_backup_read_bytes', help: 'Bytes read by the last backup.', value: backup?.bytesRead },
    { name: 'ondol_backup_stored_bytes', help: 'Bytes stored by the last backup.', value: backup?.bytesStored },
  ]
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
