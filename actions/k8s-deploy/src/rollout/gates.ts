import { invalidInput } from '../../../../lib/action/errors.ts'
import { parseDuration } from '../../../../lib/action/inputs.ts'
import { withoutSecrets } from './address.ts'
import { type Comparator, comparators, type Gate, type GateDeps, type HttpGate, type PromqlGate } from './gate.ts'
import { askInARow, runHttpGate } from './http-gate.ts'
import { runPromqlGate } from './promql-gate.ts'

export type { Gate, GateDeps } from './gate.ts'

const HTTP =
  /^(?<url>https?:\/\/\S+)\s+expect\s+(?<status>\d{3}-\d{3}|\d{3}|[1-5]xx)\s+within\s+(?<within>\d{1,6}[smh])(?:\s+contains\s+"(?<contains>.+)")?$/
const PROMQL = new RegExp(
  `^promql:\\s*(?<expression>\\S.*?)\\s*(?<comparator>${comparators.join('|')})\\s*(?<threshold>[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?)\\s+for\\s+(?<for>\\d{1,6}[smh])$`,
  'i',
)

/**
 * Reads the lines of the input gates: `https://host/path expect 200 within 30s contains "text"` (the status may be `200-299`
 * or `2xx`, the text may be left out) and `promql: expression < 0.05 for 1m`. Throws `invalid-input`.
 */
export function parseGates(lines: readonly string[]): Gate[] {
  return lines.map(parseGate)
}

/** The gate as messages name it: without credentials and query. */
export function describeGate(gate: Gate): string {
  return gate.kind === 'http' ? withoutSecrets(gate.url) : `promql: ${gate.expression} ${comparison(gate)}`
}

/**
 * Asks until the gate has passed.
 *
 * @param answers how many in a row an http gate demands while an older version answers, too; `undefined` when none does
 * @throws DeployError `gate-failed` with the last answer; `invalid-input` for a promql gate without an address of Prometheus;
 *   the signal's reason once it aborts
 */
export async function runGate(gate: Gate, deps: GateDeps, signal: AbortSignal, answers?: number): Promise<void> {
  signal.throwIfAborted()
  const name = `\`${describeGate(gate)}\``
  if (gate.kind === 'promql') await runPromqlGate(gate, name, deps, signal)
  else if (answers === undefined) await runHttpGate(gate, name, deps, signal)
  else await askInARow(gate, answers, name, deps, signal)
}

function parseGate(line: string): Gate {
  const gate = line.startsWith('promql:') ? promqlGate(line) : httpGate(line)
  if (gate !== undefined) return gate
  throw invalidInput(
    `The input gates has the line ${JSON.stringify(withoutSecrets(line))}; allowed are "https://host/path expect 200 within 30s" and "promql: expression < 0.05 for 1m".`,
  )
}

function httpGate(line: string): HttpGate | undefined {
  const { url = '', status = '', within = '', contains } = HTTP.exec(line)?.groups ?? {}
  const range = statusRange(status)
  if (URL.parse(url) === null || range.from > range.to || within === '') return undefined
  return { kind: 'http', url, status: range, withinMs: parseDuration(within) ?? 0, contains }
}

/** `200`, `200-299` or `2xx`. */
function statusRange(text: string): { from: number; to: number } {
  if (text.endsWith('xx')) return { from: Number(text[0]) * 100, to: Number(text[0]) * 100 + 99 }
  const [from = Number.NaN, to = from] = text.split('-').map(Number)
  return { from, to }
}

function promqlGate(line: string): PromqlGate | undefined {
  const { expression, comparator, threshold, for: duration = '' } = PROMQL.exec(line)?.groups ?? {}
  if (expression === undefined) return undefined
  return {
    kind: 'promql',
    expression,
    comparator: comparator as Comparator,
    threshold: Number(threshold),
    forMs: parseDuration(duration) ?? 0,
  }
}

function comparison({ comparator, threshold }: PromqlGate): string {
  return `${comparator} ${threshold}`
}
