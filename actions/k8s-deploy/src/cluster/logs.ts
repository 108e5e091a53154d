import { setTimeout as pause } from 'node:timers/promises'
import { createLineReader } from '../../../../lib/process/lines.ts'
import type { Ref } from '../kube/objects.ts'
import { queryString } from './address.ts'
import { ApiError, type Asked } from './api-error.ts'
import type { Api } from './client.ts'
import type { LogQuery } from './cluster.ts'
import { growingPause, outlookOf, withRetries } from './retry.ts'

/** A log is evidence: what is slower than this, from a node that doesn't answer, isn't waited for. */
const LOG_BUDGET_MS = 5_000

const LIMIT_BYTES = 10 * 1024 * 1024

/** What the kubelet says in place of the log when it has already removed the container (the status is 200). */
const NO_LONGER = /^unable to retrieve container logs for \S+$/

/** A follow that breaks so often in a row without a new line is given up. */
const MOST_FAILURES = 8

export async function logs(api: Api, query: LogQuery): Promise<string> {
  const send = () =>
    api.transport.send({ method: 'GET', path: logPath(query), asked: askedOf(query), signal: api.closing })
  try {
    const log = await withRetries(send, { budgetMs: Math.min(api.budgetMs, LOG_BUDGET_MS), signal: api.closing })
    return NO_LONGER.test(log) ? '' : log
  } catch (error) {
    if (hasNoLog(error)) return ''
    throw error
  }
}

/**
 * See `Cluster.followLogs`. A connection that ends while the container runs is taken up again after the last line, by the
 * time that the kubelet gave it. A container that hasn't started has no log: it ends at once.
 */
export async function followLogs(
  api: Api,
  query: LogQuery,
  isRunning: () => Promise<boolean>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = AbortSignal.any([signal, api.closing])
  let last = ''
  let failures = 0

  async function followOnce(): Promise<void> {
    const told = last
    const reader = createLineReader((line) => {
      const { time, text } = splitTime(line)
      if (ended.aborted || time <= told) return
      last = time
      failures = 0
      onLine(text)
    })
    const options = { follow: true, timestamps: true, ...(told !== '' && { sinceTime: told }) }
    const request = {
      method: 'GET',
      path: logPath(query, options),
      asked: askedOf(query),
      signal: ended,
      idleMs: 0,
    } as const
    await api.transport.follow(request, reader.push)
    reader.end()
  }

  while (!ended.aborted) {
    try {
      await followOnce()
    } catch (error) {
      if (ended.aborted || hasNoLog(error)) return
      failures++
      if (outlookOf(error).tries === 'none' || failures >= MOST_FAILURES) throw error
      await pause(growingPause(failures), undefined, { signal: ended }).catch(() => undefined)
      continue
    }
    if (ended.aborted || !(await isRunning())) return
  }
}

/** `pods/log` of the kubelet puts a time of fixed length before each line, so that times compare as text. */
function splitTime(line: string): { time: string; text: string } {
  const space = line.indexOf(' ')
  return space < 0 ? { time: line, text: '' } : { time: line.slice(0, space), text: line.slice(space + 1) }
}

function logPath(
  { namespace, pod, container, previous, tailLines, limitBytes = LIMIT_BYTES }: LogQuery,
  more = {},
): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`
  return path + queryString({ container, previous, tailLines, limitBytes, ...more })
}

function askedOf({ namespace, pod }: LogQuery): Asked {
  const ref: Ref = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod }
  return { verb: 'get', resource: 'pods/log', group: '', namespace, ref }
}

/** The pod is gone, or the API says (400) that the container hasn't started or had no run before. */
function hasNoLog(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error.status === 404) return true
  return error.status === 400 && /waiting to start|previous terminated container|is not available/.test(error.message)
}
