import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { invalidInput, UserError } from '../../../../lib/action/errors.ts'
import { InterruptedError } from '../../../../lib/process/run.ts'
import { computeClosure, type LocalClosure, requireVarFiles } from '../closure/closure.ts'
import { gitIgnored, gitTracked } from '../closure/git.ts'
import { matcher } from '../plan/address.ts'
import { type CanonicalPlan, canonicalPlan, fingerprintOf } from '../plan/canonical.ts'
import { type Counts, changesAnything, countChanges } from '../plan/counts.ts'
import { type Plan, readPlan } from '../plan/format.ts'
import { sensitiveStateValues, sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import { lockSlot } from '../state.ts'
import {
  CommandFailed,
  type CommandResult,
  createTerraform,
  type Terraform,
  type ToolVersions,
} from '../terraform/cli.ts'
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
  /** Terraform leaves their values out of the plan, so the apply has to give them again. */
  hasEphemeralVariables: boolean
}

/**
 * Initialises the root and takes the closure of its files. `init` talks to the backend with its credentials and downloads
 * modules and providers; nothing of the configuration is executed by it.
 */
export async function prepare(session: Session): Promise<Prepared> {
  const { directory, varFiles } = session.inputs.terraform
  await requireVarFiles(directory, varFiles)
  const lockFile = await readLockFile(session)
  const terraform = await openTerraform(session)
  const initialised = await terraform.init()
  if (!initialised.ok) throw await failure(session, 'init-failed', 'terraform init failed', initialised)
  await requireWorkspace(session, terraform)
  const [versions, closure] = await Promise.all([terraform.versions(), takeClosure(session, lockFile)])
  return { terraform, versions, closure }
}

/** The lock file as the checkout brought it: `init` may add to it. */
export function readLockFile({ inputs }: Session): Promise<Buffer | undefined> {
  return readFile(join(inputs.terraform.directory, '.terraform.lock.hcl')).catch(() => undefined)
}

export function takeClosure(
  { inputs, env, repository, processes }: Session,
  lockFile: Buffer | undefined,
): Promise<LocalClosure> {
  return computeClosure({
    repository,
    root: inputs.terraform.directory,
    dataDirectory: env['TF_DATA_DIR'],
    varFiles: inputs.terraform.varFiles,
    lockFile,
    ignored: (paths) => gitIgnored(processes, repository, paths),
    tracked: (paths) => gitTracked(processes, repository, paths),
  })
}

/** Comment, check and stored plan name the workspace of the input, so Terraform must not be on another one. */
async function requireWorkspace({ inputs }: Session, terraform: Terraform): Promise<void> {
  const wanted = inputs.terraform.workspace ?? 'default'
  const selected = await terraform.workspace()
  if (selected === wanted) return
  throw invalidInput(
    `The input workspace means ${JSON.stringify(wanted)}, but Terraform is on ${JSON.stringify(selected)} (by TF_WORKSPACE, a file in .terraform, or the backend's setting); set the input to it.`,
  )
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
export async function makePlan(
  session: Session,
  { terraform, versions, closure }: Prepared,
  label: string,
): Promise<FreshPlan> {
  const planFile = join(session.scratch, `${label}.tfplan`)
  const jsonFile = join(session.scratch, `${label}.json`)
  const result = await terraform.plan(planFile)
  if (!result.ok) throw await failure(session, 'plan-failed', 'terraform plan failed', result)
  await terraform.showPlan(planFile, jsonFile)
  const plan = readPlan(await readFile(jsonFile, 'utf8'))
  for (const secret of sensitiveValues(plan)) session.redact.add(secret)
  if (plan.errored) throw await failure(session, 'plan-failed', 'The plan is incomplete because of errors', result)
  return {
    ...describePlan(session, plan, versions.providers, closure.digest),
    planFile,
    jsonFile,
    tool: `Terraform ${versions.terraform}`,
    warnings: result.diagnostics.filter(({ severity }) => severity === 'warning'),
  }
}

/** What a plan's JSON says, reduced to what is compared and counted. */
export function describePlan(session: Session, plan: Plan, providers: Record<string, string>, closureDigest = '') {
  const canonical = canonicalPlan(plan, {
    providers,
    key: session.keys?.sensitive,
    notCompared: matcher(session.inputs.notCompared),
  })
  return {
    plan,
    counts: countChanges(plan),
    changes: changesAnything(plan),
    hasEphemeralVariables: hasEphemeralVariables(plan),
    canonical,
    fingerprint: fingerprintOf(canonical, session.keys?.fingerprint, closureDigest),
  }
}

/** A plan's JSON declares every variable, and has a value for each that isn't ephemeral. */
function hasEphemeralVariables(plan: Plan): boolean {
  const declared = Object.keys(plan.configuration.root_module?.variables ?? {})
  return declared.some((name) => !Object.hasOwn(plan.variables ?? {}, name))
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
