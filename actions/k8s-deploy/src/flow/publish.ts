import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { appendSummary } from '../../../../lib/action/summary.ts'
import type { Outputs } from '../outputs.ts'
import { trouble, whereOf } from '../report/headline.ts'
import type { Report } from '../report/model.ts'
import { tell } from '../report/told.ts'
import type { Session } from '../session.ts'

/** Tells what a run came to: summary, report file, annotations. Returns the outputs. */
export async function publish(session: Session, report: Report): Promise<Outputs> {
  const { inputs, summaryFile, log, redact } = session
  const told = tell(report, redact)
  const path = await writeReport(session, inputs.reportPath, 'report.md', told.fullReport)
  if (inputs.summary) appendSummary(summaryFile, told.summary, '')
  for (const annotation of told.annotations) log.annotate(annotation)
  // What went wrong has been told by now, and is the step's error.
  log.info(report.failure === undefined ? told.headline : `${trouble(report, whereOf(report))}.`)
  return {
    result: report.result,
    duration: Math.round(report.durationMs / 1000),
    objects: told.objects,
    ...(report.revision === undefined ? {} : { revision: report.revision }),
    ...(path === undefined ? {} : { 'report-path': path }),
  }
}

/** What the post step has put back. It only warns: main has failed the job already. */
export async function publishRecovery({ inputs, summaryFile, log, redact }: Session, report: Report): Promise<void> {
  const told = tell(report, redact)
  if (inputs.summary) appendSummary(summaryFile, told.summary, '')
  if (inputs.reportPath !== undefined) await appendFile(inputs.reportPath, `\n${told.fullReport}\n`)
  log.annotate({ level: 'warning', message: told.headline })
}

/** The path of the file; `undefined` when it couldn't be written. */
export async function writeReport(
  { scratch, log }: Session,
  wanted: string | undefined,
  name: string,
  text: string,
): Promise<string | undefined> {
  const path = wanted ?? join(scratch, name)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${text}\n`, { mode: 0o600 })
    return path
  } catch (error) {
    log.annotate({ level: 'warning', message: `${path} could not be written: ${(error as Error).message}` })
    return undefined
  }
}
