import { hostname, userInfo } from 'node:os'
import { sensitiveStateValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { lockSlot } from '../state.ts'
import { createTerraform, type Terraform } from '../terraform/cli.ts'
import { findProgram } from '../terraform/find.ts'
import { TOOLS } from '../terraform/tool.ts'

/** The Terraform or OpenTofu of this session's root: found, and wired to its log, redactor and post step. */
export async function openTerraform(session: Session): Promise<Terraform> {
  const { inputs, repository, processes, env } = session
  const { directory } = inputs.terraform
  const wanted = { tool: inputs.tool, version: inputs.toolVersion, directory, repository }
  const program = await findProgram(wanted, { processes, env })
  const terraform: Terraform = createTerraform({
    tool: TOOLS[inputs.tool],
    program,
    settings: inputs.terraform,
    files: session.valueFiles,
    directoryInRepository: session.directory,
    env,
    processes,
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
