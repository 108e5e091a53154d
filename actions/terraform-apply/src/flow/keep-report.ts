import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { appendSummary, SUMMARY_LIMIT_BYTES } from '../../../../lib/action/summary.ts'
import { uploadFile } from '../../../../lib/github/artifacts.ts'
import type { Redactor } from '../../../../lib/process/redact.ts'
import { type Begun, type Report, reportText } from '../render/report.ts'
import type { Session } from '../session.ts'

/** In UTF-16 units. */
const BATCH_LENGTH = 2 ** 16

/**
 * Writes the whole report to a file of this run. Each text in it was redacted before it became Markdown; the second time
 * is for what only the whole of a block gives away.
 */
export async function writeReport(session: Session, report: Report, begun: Begun): Promise<string> {
  const { inputs, context, scratch, redact } = session
  const file = join(scratch, `ondol-report-${inputs.name.replace(/[^\w.-]+/g, '-')}-${context.runAttempt}.md`)
  await writeFile(file, batches(redacted(reportText(report, redact, begun), redact)), { mode: 0o600 })
  return file
}

function* redacted(texts: Iterable<string>, redact: Redactor): Generator<string> {
  for (const text of texts) yield redact(text)
}

/** Each write costs a trip to another thread, so there are few. */
function* batches(texts: Iterable<string>): Generator<string> {
  let batch = ''
  for (const text of texts) {
    batch += text
    if (batch.length < BATCH_LENGTH) continue
    yield batch
    batch = ''
  }
  yield batch
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
