import { hostname, userInfo } from 'node:os'
import { sensitiveStateValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { lockSlot } from '../state.ts'
import { createTerraform, type Terraform } from '../terraform/cli.ts'
import { findTerraform } from '../terraform/find.ts'

/** The Terraform of this session's root: found, and wired to its log, redactor and post step. */
export async function openTerraform(session: Session): Promise<Terraform> {
  const { inputs, repository } = session
  const program = await findTerraform(inputs.toolVersion, inputs.terraform.directory, repository)
  const terraform: Terraform = createTerraform({
    program,
    settings: inputs.terraform,
    files: session.valueFiles,
    directoryInRepository: session.directory,
    env: session.env,
    processes: session.processes,
    log: session.log,
    scratch: session.scratch,
    onLocking: noteLocking,
    learnSecrets: async () => learnStateSecrets(session, await terraform.showState()),
  })
  return terraform
}

/** Leaves a note for the post step, in case this process dies before its child does; takes it back when the child ends. */
function noteLocking(command: { pid: number } | undefined): void {
  const who = `${userInfo().username}@${hostname()}`
  lockSlot.save(command && { pid: command.pid, who, startedAt: new Date().toISOString() })
}

function learnStateSecrets(session: Session, state: string | undefined): void {
  if (state === undefined) return
  const values = JSON.parse(state) as Parameters<typeof sensitiveStateValues>[0]
  for (const secret of sensitiveStateValues(values)) session.redact.add(secret)
}
