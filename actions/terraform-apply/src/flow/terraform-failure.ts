import { UserError } from '../../../../lib/action/errors.ts'
import { InterruptedError } from '../../../../lib/process/run.ts'
import type { Session } from '../session.ts'
import { CommandFailed, type CommandResult } from '../terraform/cli.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import { describeHolder, lockHolder } from '../terraform/lock.ts'
import { TOOLS } from '../terraform/tool.ts'
import { lockingRun } from './locking-run.ts'

/** A command of Terraform failed; the diagnostics say why. */
export class TerraformFailure extends UserError {
  readonly diagnostics: readonly Diagnostic[]

  constructor(reason: string, message: string, diagnostics: readonly Diagnostic[], remedy?: string) {
    super(reason, message, remedy === undefined ? {} : { remedy })
    this.diagnostics = diagnostics
  }
}

/**
 * The failure that an error of a command is: its own, or the cancellation that ended it or kept it from starting.
 * `undefined` for everything else.
 */
export function asFailure(session: Session, error: unknown): TerraformFailure | undefined {
  if (error instanceof TerraformFailure) return error
  const ended = error instanceof CommandFailed || error instanceof InterruptedError
  if (!ended || !session.processes.interrupted) return undefined
  return new TerraformFailure('interrupted', 'The run was cancelled before it was done.', [], 'Run it again.')
}

/** The failure of a command as the user meets it: interrupted, locked out, or an error of the configuration. */
export async function failure(
  session: Session,
  reason: string,
  what: string,
  result: CommandResult,
): Promise<TerraformFailure> {
  if (session.processes.interrupted) {
    return new TerraformFailure(
      'interrupted',
      `${what}: the run was cancelled, and ${TOOLS[session.inputs.tool].name} was given the time to stop in order.`,
      result.diagnostics,
    )
  }
  const holder = lockHolder(result.diagnostics)
  if (holder) {
    const run = await lockingRun(session, holder)
    return new TerraformFailure(
      'state-locked',
      `The state is locked: ${describeHolder(holder)}${run}.`,
      result.diagnostics,
      'Wait for it to end, or raise lock-timeout.',
    )
  }
  const first = result.diagnostics.find(({ severity }) => severity === 'error')?.summary
  return new TerraformFailure(
    reason,
    session.redact(first === undefined ? `${what}.` : `${what}: ${first}.`),
    result.diagnostics,
  )
}
