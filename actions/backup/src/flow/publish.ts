import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeError } from '../../../../lib/action/errors.ts'
import { appendSummary } from '../../../../lib/action/summary.ts'
import { redacted } from '../../../../lib/process/redacted.ts'
import { logRun, type RunEntry, readRuns } from '../catalogue/run-log.ts'
import { BackupError, type FailureReason, failureReasons } from '../failure.ts'
import type { Outputs } from '../outputs.ts'
import type { Report } from '../report/model.ts'
import { summaryOf } from '../report/summary.ts'
import type { Session } from '../session.ts'
import { notifyAll } from './notify.ts'
import type { Outcome } from './outcome.ts'

/** Runs that the summary shows. */
const SHOWN_RUNS = 14
/** Members of a report whose texts are the code's own words. */
const WORDS: ReadonlySet<string> = new Set(['mode', 'result', 'type', 'align', 'format', 'reason'])
/** These only look: a run of them is no event in the life of the set. */
const SILENT_MODES: ReadonlySet<string> = new Set(['list', 'status'])

/** Makes the report of a run, keeps it in the set's log, and tells it everywhere. Returns the outputs. */
export async function publish(session: Session, startedAt: Date, outcome: Outcome): Promise<Outputs> {
  const { inputs, store, keys, log, redact, context, now, summaryFile } = session
  const seconds = Math.round((now().getTime() - startedAt.getTime()) / 100) / 10
  const entry = entryOf(session, seconds, outcome)
  const trouble = await keep(session, entry)
  const { runs } = await readRuns(store, inputs.set, SHOWN_RUNS, keys.catalogue).catch(() => ({ runs: [] }))
  const { failure } = outcome
  const report: Report = redacted(
    {
      format: 'ondol-backup-report',
      version: 1,
      mode: inputs.mode,
      set: inputs.set,
      store: store.name,
      result: outcome.result,
      startedAt: startedAt.toISOString(),
      seconds,
      headline: outcome.headline,
      ...(outcome.backup === undefined ? {} : { backup: outcome.backup }),
      tables: outcome.tables,
      warnings: [...outcome.warnings, ...trouble],
      ...(failure === undefined ? {} : { failure: failureFacts(failure) }),
      runs,
    },
    redact,
    WORDS,
  )
  const path = await writeReport(session, report)
  appendSummary(summaryFile, summaryOf(report, context.runUrl), report.headline)
  for (const warning of report.warnings.slice(0, 10))
    log.annotate({ level: 'warning', message: warning.replaceAll('`', '') })
  log.info(report.headline)
  for (const warning of await notifyAll(session, report)) log.annotate({ level: 'warning', message: warning })
  return {
    ...outcome.outputs,
    result: outcome.result,
    duration: Math.round(seconds),
    ...(path === undefined ? {} : { 'report-path': path }),
  }
}

/** What a mode that threw has come to. */
export function failed(error: unknown, outputs: Outputs = {}): Outcome {
  const failure =
    error instanceof BackupError ? error : new BackupError(reasonOf(error), describeError(error), { cause: error })
  return { result: 'failed', headline: failure.message, tables: [], warnings: [], outputs, failure }
}

function reasonOf(error: unknown): FailureReason {
  const reason = (error as { reason?: unknown } | undefined)?.reason
  return failureReasons.find((known) => known === reason) ?? 'unexpected'
}

function failureFacts({ reason, message, remedy }: BackupError): NonNullable<Report['failure']> {
  return { reason, message, ...(remedy === undefined ? {} : { remedy }) }
}

function entryOf(
  { inputs, context, now }: Session,
  seconds: number,
  { result, backup, outputs, failure }: Outcome,
): RunEntry {
  const id = backup?.id ?? outputs['backup-id']
  return {
    format: 'ondol-run',
    version: 1,
    set: inputs.set,
    at: now().toISOString(),
    mode: inputs.mode,
    result,
    ...(failure === undefined ? {} : { reason: failure.reason }),
    ...(typeof id === 'string' ? { id } : {}),
    ...(backup === undefined
      ? {}
      : { type: backup.type, files: backup.files, bytesRead: backup.bytesRead, bytesStored: backup.bytesStored }),
    seconds,
    run: context.runUrl,
  }
}

/** A log that can't be written is a warning: what the run did is done. */
async function keep({ store, keys, inputs }: Session, entry: RunEntry): Promise<string[]> {
  if (SILENT_MODES.has(inputs.mode) || inputs.dryRun) return []
  return await logRun(store, entry, keys.catalogue).then(
    () => [],
    (error: unknown) => [`This run is not in the log of the set: ${describeError(error)}`],
  )
}

async function writeReport({ inputs, scratch, log }: Session, report: Report): Promise<string | undefined> {
  const path = inputs.reportPath ?? join(scratch, 'report.json')
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
    return path
  } catch (error) {
    log.annotate({ level: 'warning', message: `${path} could not be written: ${(error as Error).message}` })
    return undefined
  }
}
