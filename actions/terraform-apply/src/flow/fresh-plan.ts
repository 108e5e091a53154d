import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { computeClosure, type LocalClosure, requireVarFiles } from '../closure/closure.ts'
import { gitIgnored } from '../closure/git.ts'
import { matcher } from '../plan/address.ts'
import { type CanonicalPlan, canonicalPlan, fingerprintOf } from '../plan/canonical.ts'
import { type Counts, changesAnything, countChanges } from '../plan/counts.ts'
import { type Plan, readPlan } from '../plan/format.ts'
import { sensitiveStateValues, sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { lockSlot } from '../state.ts'
import { type CommandResult, createTerraform, type Terraform, type ToolVersions } from '../terraform/cli.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import { findTerraform } from '../terraform/find.ts'
import { describeHolder, lockHolder } from '../terraform/lock.ts'
import { lockingRun } from './locking-run.ts'

/** A command of Terraform failed; the diagnostics say why. */
export class TerraformFailure extends UserError {
  readonly diagnostics: readonly Diagnostic[]

  constructor(reason: string, message: string, diagnostics: readonly Diagnostic[], remedy?: string) {
    super(reason, message, remedy === undefined ? {} : { remedy })
    this.diagnostics = diagnostics
  }
}

/** An initialised root. */
export interface Prepared {
  terraform: Terraform
  versions: ToolVersions
  closure: LocalClosure
}

/** A plan made by this run. Its files lie in the run's scratch folder. */
export interface FreshPlan {
  plan: Plan
  counts: Counts
  changes: boolean
  canonical: CanonicalPlan
  /** 64 hex digits. */
  fingerprint: string
  planFile: string
  jsonFile: string
  /** `Terraform 1.11.4` */
  tool: string
  warnings: Diagnostic[]
}

/** Initialises the root and takes the closure of its files. Nothing of the configuration has been executed after it. */
export async function prepare(session: Session): Promise<Prepared> {
  const { inputs, repository, processes } = session
  const settings = inputs.terraform
  await requireVarFiles(settings.directory, settings.varFiles)
  const lockFile = await readFile(join(settings.directory, '.terraform.lock.hcl')).catch(() => undefined)
  const terraform = await openTerraform(session)
  const initialised = await terraform.init()
  if (!initialised.ok) throw await failure(session, 'init-failed', 'terraform init failed', initialised)
  const [versions, closure] = await Promise.all([
    terraform.versions(),
    computeClosure({
      repository,
      root: settings.directory,
      dataDirectory: session.env['TF_DATA_DIR'],
      varFiles: settings.varFiles,
      lockFile,
      ignored: (paths) => gitIgnored(processes, repository, paths),
    }),
  ])
  return { terraform, versions, closure }
}

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

/** Plans, and reads the plan. Every secret that it marks is known to the session's redactor afterwards. */
export async function makePlan(session: Session, { terraform, versions }: Prepared, label: string): Promise<FreshPlan> {
  const planFile = join(session.scratch, `${label}.tfplan`)
  const jsonFile = join(session.scratch, `${label}.json`)
  const result = await terraform.plan(planFile)
  if (!result.ok) throw await failure(session, 'plan-failed', 'terraform plan failed', result)
  await terraform.showPlan(planFile, jsonFile)
  const plan = readPlan(await readFile(jsonFile, 'utf8'))
  for (const secret of sensitiveValues(plan)) session.redact.add(secret)
  if (plan.errored) throw await failure(session, 'plan-failed', 'The plan is incomplete because of errors', result)
  return {
    ...describePlan(session, plan, versions.providers),
    planFile,
    jsonFile,
    tool: `Terraform ${versions.terraform}`,
    warnings: result.diagnostics.filter(({ severity }) => severity === 'warning'),
  }
}

/** What a plan's JSON says, reduced to what is compared and counted. */
export function describePlan(session: Session, plan: Plan, providers: Record<string, string>) {
  const canonical = canonicalPlan(plan, {
    providers,
    key: session.keys?.sensitive,
    notCompared: matcher(session.inputs.notCompared),
  })
  return {
    plan,
    counts: countChanges(plan),
    changes: changesAnything(plan),
    canonical,
    fingerprint: fingerprintOf(canonical, session.keys?.fingerprint),
  }
}

/** Leaves a note for the post step, in case this process dies before its child does; takes it back when the child ends. */
function noteLocking(command: { pid: number } | undefined): void {
  const who = `${userInfo().username}@${hostname()}`
  lockSlot.save(command && { pid: command.pid, who, startedAt: new Date().toISOString() })
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
      `${what}: the run was cancelled, and Terraform was given the time to stop in order.`,
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

function learnStateSecrets(session: Session, state: string | undefined): void {
  if (state === undefined) return
  const values = JSON.parse(state) as Parameters<typeof sensitiveStateValues>[0]
  for (const secret of sensitiveStateValues(values)) session.redact.add(secret)
}
