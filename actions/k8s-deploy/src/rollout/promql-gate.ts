import { DeployError, type FailureReason } from '../failure.ts'
import { addressOf, bodyStart, requestProblem } from './address.ts'
import type { Answer, Comparator, GateDeps, PromqlGate } from './gate.ts'

/** Prometheus scrapes every 15 to 60 s by its usual configuration; asking more often shows nothing new. */
const PAUSE_MS = 5_000
const TRY_MS = 10_000
/** Prometheus may restart in the middle; with that many tries in a row without an answer nothing is known any more. */
const TRIES_WITHOUT_ANSWER = 3
const BODY_LIMIT_BYTES = 1024 * 1024

const holds: Readonly<Record<Comparator, (value: number, threshold: number) => boolean>> = {
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '==': (value, threshold) => value === threshold,
  '!=': (value, threshold) => value !== threshold,
}

/** An answer of https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
interface QueryResult {
  status?: string
  error?: string
  data?: { resultType?: string; result?: unknown }
}

interface Sample {
  metric?: Record<string, string>
  /** Seconds, and the value as text (`NaN`, `+Inf`). */
  value: [number, string]
}

/** Asks over the whole time; every answer must hold, and the last one must be an answer. Throws `gate-failed`. */
export async function runPromqlGate(
  gate: PromqlGate,
  name: string,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<void> {
  const url = queryUrl(gate, name, deps.prometheusUrl)
  const end = deps.now() + gate.forMs
  let unanswered = 0
  for (;;) {
    const answer = await ask(gate, url, deps, signal)
    if (answer.kind === 'refused') throw failed(name, gate, answer.why)
    unanswered = answer.kind === 'unknown' ? unanswered + 1 : 0
    if (answer.kind === 'unknown' && unanswered >= TRIES_WITHOUT_ANSWER) throw failed(name, gate, answer.why)
    const left = end - deps.now()
    if (left <= 0 && answer.kind === 'passed') return
    await deps.sleep(left > 0 ? Math.min(PAUSE_MS, left) : PAUSE_MS, signal)
  }
}

function queryUrl({ expression }: PromqlGate, name: string, base: string | undefined): string {
  if (base === undefined) throw gateError('invalid-input', name, 'it needs the input prometheus-url, which is empty.')
  const url = new URL('api/v1/query', base.endsWith('/') ? base : `${base}/`)
  url.searchParams.set('query', expression)
  return url.href
}

async function ask(gate: PromqlGate, query: string, deps: GateDeps, signal: AbortSignal): Promise<Answer> {
  const { url, headers } = addressOf(query)
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)])
    const response = await deps.fetch(url, { headers, redirect: 'manual', signal: limited })
    return judge(gate, response.status, await bodyStart(response, BODY_LIMIT_BYTES))
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'unknown', why: `Prometheus gave no answer (${requestProblem(error)})` }
  }
}

/** Status 400 and 422 are about the query and stay so; other failures may pass. */
function judge(gate: PromqlGate, status: number, body: string): Answer {
  const answer = parse(body)
  if (status === 400 || status === 422) {
    return { kind: 'refused', why: `Prometheus refused the query: ${answer?.error ?? `status ${status}`}` }
  }
  if (status !== 200 || answer?.status !== 'success')
    return { kind: 'unknown', why: `Prometheus said status ${status}` }
  const samples = samplesOf(answer.data)
  if (samples === undefined) return { kind: 'refused', why: 'the result is neither a vector nor a scalar' }
  if (samples.length === 0) return { kind: 'refused', why: 'there is no data' }
  const broken = samples.find(
    (sample) => !holds[gate.comparator](numberOf(sample), gate.threshold) || isNaNSample(sample),
  )
  return broken === undefined ? { kind: 'passed' } : { kind: 'refused', why: `the value was ${describe(broken)}` }
}

function parse(body: string): QueryResult | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function samplesOf(data: QueryResult['data']): Sample[] | undefined {
  if (data?.resultType === 'scalar') return [{ value: data.result as Sample['value'] }]
  return data?.resultType === 'vector' && Array.isArray(data.result) ? (data.result as Sample[]) : undefined
}

function numberOf({ value: [, text] }: Sample): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number.parseFloat(text)
}

/** NaN is what a division by nothing gives; without this it would pass `!=`. */
function isNaNSample(sample: Sample): boolean {
  return Number.isNaN(numberOf(sample))
}

function describe({ metric = {}, value: [, text] }: Sample): string {
  const labels = Object.entries(metric).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return labels.length === 0 ? text : `${text} for {${labels.join(', ')}}`
}

function failed(name: string, { forMs }: PromqlGate, why: string): DeployError {
  return gateError('gate-failed', name, `expected over ${forMs / 1000} s, and ${why}.`)
}

function gateError(reason: FailureReason, name: string, what: string): DeployError {
  return new DeployError({ reason, message: `Gate ${name}: ${what}` })
}
