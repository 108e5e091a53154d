import { readContext } from '../../../lib/action/context.ts'
import { redactError } from '../../../lib/action/errors.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { backUp } from './flow/back-up.ts'
import { list } from './flow/list.ts'
import type { Outcome } from './flow/outcome.ts'
import { prune } from './flow/prune.ts'
import { failed, publish } from './flow/publish.ts'
import { rehearse } from './flow/rehearse.ts'
import { restore } from './flow/restore.ts'
import { tellStatus } from './flow/status.ts'
import { verify } from './flow/verify.ts'
import { type Mode, readInputs } from './inputs.ts'
import { writeOutputs } from './outputs.ts'
import { openSession, type Session } from './session.ts'

const MODES: { readonly [M in Mode]: (session: Session) => Promise<Outcome> } = {
  backup: backUp,
  restore,
  verify,
  rehearse,
  status: tellStatus,
  list,
  prune,
}

/** One step: read what is asked, do it, tell what came of it. A failure is thrown only after it has been told. */
export async function run(env: Environment): Promise<void> {
  // Whatever stops it before there is a report.
  writeOutputs({ result: 'failed' })
  const context = readContext(env)
  const inputs = readInputs(env, context)
  const session = await openSession(inputs, context, env)
  const startedAt = session.now()
  try {
    const outcome = await MODES[inputs.mode](session).catch((error: unknown) => failed(error))
    writeOutputs(await publish(session, startedAt, outcome))
    if (outcome.failure) throw outcome.failure
  } catch (error) {
    throw redactError(error, session.redact)
  } finally {
    await session.close()
  }
}
