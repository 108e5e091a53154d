import { DeployError } from '../failure.ts'
import { addressOf, bodyStart, requestProblem } from './address.ts'
import type { GateDeps, HttpGate } from './gate.ts'

const PAUSE_MS = 1_000
/** One try; a server that hangs mustn't use up the whole time. */
const TRY_MS = 10_000
/** The last try gets so long, too: it would else be told as one without an answer. */
const LEAST_TRY_MS = 1_000
const BODY_LIMIT_BYTES = 256 * 1024

/** Asks once a second until the expected answer comes. Throws `gate-failed` when the time is over. */
export async function runHttpGate(gate: HttpGate, name: string, deps: GateDeps, signal: AbortSignal): Promise<void> {
  const end = deps.now() + gate.withinMs
  for (;;) {
    const problem = await tryOnce(gate, deps, Math.min(TRY_MS, Math.max(LEAST_TRY_MS, end - deps.now())), signal)
    if (problem === undefined) return
    if (deps.now() + PAUSE_MS > end) throw failed(gate, name, problem)
    await deps.sleep(PAUSE_MS, signal)
  }
}

/** Two versions answer by chance, so all of so many answers in a row have to be right. Waits for nothing: both are ready. */
const IN_A_ROW_PAUSE_MS = 50

/**
 * Asks so many times, each time by a connection of its own, since all requests of one may end at the same pod. A single wrong
 * answer may be the network's: the count begins anew.
 *
 * @throws DeployError `gate-failed` for the second wrong answer
 */
export async function askInARow(
  gate: HttpGate,
  answers: number,
  name: string,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<void> {
  let right = 0
  let wrong = 0
  while (right < answers) {
    const problem = await tryOnce(gate, deps, Math.min(TRY_MS, Math.max(LEAST_TRY_MS, gate.withinMs)), signal)
    right = problem === undefined ? right + 1 : 0
    if (problem !== undefined) wrong += 1
    if (problem !== undefined && wrong > 1) throw mixed(gate, answers, name, problem)
    await deps.sleep(IN_A_ROW_PAUSE_MS, signal)
  }
}

function mixed(gate: HttpGate, answers: number, name: string, problem: string): DeployError {
  return new DeployError({
    reason: 'gate-failed',
    message: `Gate ${name}: expected ${answers} answers in a row of ${expectation(gate)} from the old and the new version together, and two were wrong, the last one: ${problem}.`,
    remedy: 'Look at what the new version answers there.',
  })
}

/** What was wrong with the answer; `undefined` when it's the expected one. A redirect is an answer and isn't followed. */
async function tryOnce(
  gate: HttpGate,
  deps: GateDeps,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { url, headers } = addressOf(gate.url)
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await deps.fetch(url, {
      headers: { ...headers, connection: 'close' },
      redirect: 'manual',
      signal: limited,
    })
    return await problemOf(gate, response)
  } catch (error) {
    signal.throwIfAborted()
    return requestProblem(error)
  }
}

async function problemOf({ status, contains }: HttpGate, response: Response): Promise<string | undefined> {
  const fits = response.status >= status.from && response.status <= status.to
  if (!fits || contains === undefined) {
    await response.body?.cancel()
    return fits ? undefined : `status ${response.status}`
  }
  const body = await bodyStart(response, BODY_LIMIT_BYTES)
  return body.includes(contains) ? undefined : `status ${response.status} without the expected text`
}

function failed(gate: HttpGate, name: string, problem: string): DeployError {
  return new DeployError({
    reason: 'gate-failed',
    message: `Gate ${name}: expected ${expectation(gate)} within ${gate.withinMs / 1000} s, and the last answer was: ${problem}.`,
    remedy: problem.startsWith('status')
      ? 'Look at what the service answers there.'
      : "Check the gate's address, and that this runner reaches it.",
  })
}

function expectation({ status, contains }: HttpGate): string {
  const range = status.from === status.to ? `status ${status.from}` : `status ${status.from} to ${status.to}`
  return contains === undefined ? range : `${range} with a certain text`
}
