import { rename, writeFile } from 'node:fs/promises'
import { metricsText } from '../report/metrics.ts'
import type { Report } from '../report/model.ts'
import type { Session } from '../session.ts'

const REQUEST_MS = 10_000
const TRIES = 3

/** Tells others: a heartbeat, messages when it didn't end well, figures. Never throws; what failed is a sentence each. */
export async function notifyAll(session: Session, report: Report): Promise<string[]> {
  const { inputs, context } = session
  const attempts: [string, Promise<void>][] = []
  if (inputs.heartbeatUrl !== undefined) attempts.push(['The heartbeat', beat(inputs.heartbeatUrl, report)])
  if (report.result !== 'ok') {
    for (const [index, url] of inputs.notify.entries())
      attempts.push([`Message ${index + 1} of notify`, post(url, messageOf(report, context.runUrl))])
  }
  if (inputs.metrics !== undefined) attempts.push(['The metrics', writeMetrics(inputs.metrics, report)])
  const results = await Promise.allSettled(attempts.map(([, attempt]) => attempt))
  return results.flatMap((result, index) =>
    result.status === 'fulfilled'
      ? []
      : [`${attempts[index]?.[0]} could not be sent: ${session.redact((result.reason as Error).message)}.`],
  )
}

/** As Healthchecks and its kin want it: the address after success, with `/fail` behind it after a failure. */
async function beat(url: string, { result }: Report): Promise<void> {
  const address = new URL(url)
  if (result === 'failed') address.pathname = `${address.pathname.replace(/\/$/, '')}/fail`
  await send(address, { method: 'GET' })
}

/** `text` is what chat services show; the rest is for programs. */
function messageOf({ mode, set, result, headline, failure }: Report, run: string): object {
  const reason = failure === undefined ? {} : { reason: failure.reason, remedy: failure.remedy }
  return { text: `Backup ${set}: ${mode} ${result}. ${headline} ${run}`, set, mode, result, headline, run, ...reason }
}

async function post(url: string, message: object): Promise<void> {
  await send(new URL(url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  })
}

type Metrics = NonNullable<Session['inputs']['metrics']>

async function writeMetrics(target: Metrics, report: Report): Promise<void> {
  const text = metricsText(report, new Date())
  if (target.kind === 'pushgateway') {
    const url = new URL(target.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/metrics/job/ondol_backup/set/${encodeURIComponent(report.set)}/mode/${report.mode}`
    await send(url, { method: 'PUT', headers: { 'content-type': 'text/plain; version=0.0.4' }, body: text })
    return
  }
  // The node exporter may read it at any moment.
  await writeFile(`${target.path}.tmp`, text, { mode: 0o644 })
  await rename(`${target.path}.tmp`, target.path)
}

/** No error holds the address: it is often the only secret of its service. */
async function send(url: URL, request: RequestInit): Promise<void> {
  let last = ''
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      const reply = await fetch(url, { ...request, signal: AbortSignal.timeout(REQUEST_MS) })
      await reply.body?.cancel()
      if (reply.ok) return
      last = `the answer was ${reply.status}`
      if (reply.status < 500 && reply.status !== 429) break
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } }
      last = cause?.code ?? (error as Error).name
    }
  }
  throw new Error(last)
}
