import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { appendSummary, SUMMARY_LIMIT_BYTES } from '../../../../lib/action/summary.ts'
import { uploadFile } from '../../../../lib/github/artifacts.ts'
import type { Redactor } from '../../../../lib/process/redact.ts'
import { type Report, reportText } from '../render/report.ts'
import type { Session } from '../session.ts'

/**
 * Writes the whole report to a file of this run. Each text in it was redacted before it became Markdown; the second time
 * is for what only the whole of a block gives away.
 */
export async function writeReport({ inputs, context, scratch, redact }: Session, report: Report): Promise<string> {
  const file = join(scratch, `ondol-report-${inputs.name.replace(/[^\w.-]+/g, '-')}-${context.runAttempt}.md`)
  await pipeline(Readable.from(redacted(reportText(report, redact), redact)), createWriteStream(file, { mode: 0o600 }))
  return file
}

function* redacted(texts: Iterable<string>, redact: Redactor): Generator<string> {
  for (const text of texts) yield redact(text)
}

/** Puts the whole report where it outlives the job, and says where in plain words. */
export async function keepWhole(session: Session, file: string): Promise<string> {
  const { inputs, context } = session
  if (inputs.summary && (await writeSummary(session, file))) return summaryOf(session)
  try {
    await uploadFile(file)
    const name = basename(file)
    if (inputs.summary)
      appendSummary(session.summaryFile, `The report is too long for a summary: see the artifact ${name}.`, '')
    return `the artifact ${name} of run ${context.runId}`
  } catch (error) {
    session.log.annotate({
      level: 'notice',
      message: `The whole report could not be kept: ${(error as Error).message}`,
    })
    return `the file of the output report-path, until the job of run ${context.runId} ends`
  }
}

/** Was there room for it? */
async function writeSummary({ summaryFile }: Session, file: string): Promise<boolean> {
  const { size } = await stat(file)
  if (size > SUMMARY_LIMIT_BYTES) return false
  return appendSummary(summaryFile, await readFile(file, 'utf8'), '') === 'written'
}

export function summaryOf({ context }: Session): string {
  return `the summary of run ${context.runId}`
}

/** The path of the file that has the report; `undefined` when it couldn't be brought where the input says. */
export async function offerReport({ inputs, log }: Session, file: string): Promise<string | undefined> {
  const path = inputs.reportPath
  if (path === undefined) return file
  try {
    await mkdir(dirname(path), { recursive: true })
    await copyFile(file, path)
    return path
  } catch (error) {
    log.annotate({
      level: 'warning',
      message: `The report could not be written to ${path}: ${(error as Error).message}`,
    })
    return undefined
  }
}
