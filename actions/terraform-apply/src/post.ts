import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { openTerraform } from './flow/open-terraform.ts'
import { readInputs } from './inputs.ts'
import { openSession, type Session } from './session.ts'
import { type LockingCommand, lockSlot, scratchSlot } from './state.ts'
import { isOwnLock } from './terraform/lock.ts'
import { TOOLS } from './terraform/tool.ts'

/** After the job: sees to a Terraform that a killed run left behind, and deletes the run's own folder, which holds secrets. */
export async function cleanUp(env: Environment): Promise<void> {
  const scratch = scratchSlot.load()
  const command = lockSlot.load()
  try {
    if (command) await recoverLock(env, command, scratch)
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

async function recoverLock(env: Environment, command: LockingCommand, scratch: string | undefined): Promise<void> {
  const context = readContext(env)
  const session = await openSession(readInputs(env, context.workspace), context, env)
  try {
    if (await waitForEnd(session, command.pid)) await tellLock(session, command, await lastOutput(scratch))
  } finally {
    session.processes.close()
    await rm(session.scratch, { recursive: true, force: true })
  }
}

/** A cancelled job's post steps have five minutes together (actions/runner), so less than that. */
const LONGEST_WAIT_MS = 270_000

/**
 * Waits for the Terraform of a killed run, which goes on with what it was doing and saves the state. It must not be
 * signalled: the run may have done that already, and a second time means to Terraform "exit at once".
 */
async function waitForEnd(session: Session, pid: number): Promise<boolean> {
  const deadline = performance.now() + LONGEST_WAIT_MS
  if (isAlive(pid))
    session.log.info(`The run was killed while ${nameIn(session)} worked; waiting for it to end in order.`)
  while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 200))
  if (!isAlive(pid)) return true
  session.log.annotate({
    level: 'warning',
    message: `${nameIn(session)} (process ${pid}) is still at work although the run was killed; the runner will end it, and the state may stay locked.`,
  })
  return false
}

function nameIn({ inputs }: Session): string {
  return TOOLS[inputs.tool].name
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When the dead command last wrote anything: it held its lock by then. When it died can't be told, and another run of
 * this machine may have taken the lock since.
 */
async function lastOutput(scratch: string | undefined): Promise<Date> {
  const names = scratch === undefined ? [] : (await readdir(scratch)).filter((name) => /\.(out|err)$/.test(name))
  const times = await Promise.all(names.map(async (name) => (await stat(join(scratch ?? '', name))).mtimeMs))
  return new Date(Math.max(0, ...times))
}

async function tellLock(session: Session, command: LockingCommand, endedAt: Date): Promise<void> {
  const terraform = await openTerraform(session)
  const holder = await terraform.probeLock()
  if (!holder) return session.log.info(`The run was killed while ${nameIn(session)} worked; it left no lock behind.`)
  const child = { who: command.who, startedAt: new Date(command.startedAt), endedAt }
  const unlock = `${TOOLS[session.inputs.tool].program} force-unlock -force ${holder.id || '<lock id>'}`
  if (!isOwnLock(holder, child)) {
    const whose = holder.certain
      ? `it is not this run's (${holder.who}, ${holder.created?.toISOString() ?? 'no time'})`
      : 'the backend does not tell whose it is'
    return session.log.annotate({
      level: 'warning',
      message: `The state is locked (${holder.id || 'by an unknown lock'}), and ${whose}. If its holder is gone: ${unlock}`,
    })
  }
  if (!session.inputs.unlockOwn) {
    return session.log.annotate({
      level: 'warning',
      message: `This run was killed and left the state locked. Clear it with: ${unlock} (or set unlock-own: true)`,
    })
  }
  const cleared = await terraform.forceUnlock(holder.id)
  session.log.annotate(
    cleared
      ? { level: 'notice', message: `This run was killed and left the state locked; its lock ${holder.id} is cleared.` }
      : { level: 'warning', message: `This run's lock ${holder.id} could not be cleared. Try: ${unlock}` },
  )
}
