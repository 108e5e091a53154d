import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { computeClosure, type LocalClosure, requireVarFiles } from '../closure/closure.ts'
import { gitIgnored, gitTracked } from '../closure/git.ts'
import { findPositions, type Positions } from '../hcl/positions.ts'
import { matcher } from '../plan/address.ts'
import { type CanonicalPlan, canonicalPlan, fingerprintOf } from '../plan/canonical.ts'
import { type Counts, changesAnything, countChanges } from '../plan/counts.ts'
import { effectOf, type Plan, resourceChanges } from '../plan/format.ts'
import { sensitiveValues } from '../plan/sensitive.ts'
import type { Session } from '../session.ts'
import type { Terraform, ToolVersions } from '../terraform/cli.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import { TOOLS } from '../terraform/tool.ts'
import { openTerraform } from './open-terraform.ts'
import { readPlanFile } from './plan-file.ts'
import { failure } from './terraform-failure.ts'

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
  /** Where its objects are declared. */
  positions: Positions
  changes: boolean
  canonical: CanonicalPlan
  /** 64 hex digits. */
  fingerprint: string
  planFile: string
  jsonFile: string
  /** `Terraform 1.11.4`, `OpenTofu 1.12.6` */
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
  if (!initialised.ok)
    throw await failure(session, 'init-failed', `${TOOLS[session.inputs.tool].program} init failed`, initialised)
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
    `The input workspace means ${JSON.stringify(wanted)}, but ${TOOLS[inputs.tool].name} is on ${JSON.stringify(selected)} (by TF_WORKSPACE, a file in .terraform, or the backend's setting); set the input to it.`,
  )
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
  if (!result.ok)
    throw await failure(session, 'plan-failed', `${TOOLS[session.inputs.tool].program} plan failed`, result)
  await terraform.showPlan(planFile, jsonFile)
  const plan = await readPlanFile(jsonFile)
  for (const secret of sensitiveValues(plan)) session.redact.add(secret)
  if (plan.errored) throw await failure(session, 'plan-failed', 'The plan is incomplete because of errors', result)
  return {
    ...describePlan(session, plan, versions.providers, closure.digest),
    positions: await positionsIn(session, plan),
    planFile,
    jsonFile,
    tool: `${TOOLS[session.inputs.tool].name} ${versions.version}`,
    warnings: result.diagnostics.filter(({ severity }) => severity === 'warning'),
  }
}

/** What a plan's JSON says, reduced to what is compared and counted. */
export function describePlan(session: Session, plan: Plan, providers: Record<string, string>, closureDigest = '') {
  const canonical = canonicalPlan(plan, {
    tool: TOOLS[session.inputs.tool].name,
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

/** Where the objects that a plan touches are declared in the checkout. */
export function positionsIn({ inputs, env, repository }: Session, plan: Plan): Promise<Positions> {
  const touched = resourceChanges(plan).filter(({ change }) => effectOf(change) !== 'no-op')
  return findPositions(new Set(touched.map(({ address }) => address)), {
    repository,
    root: inputs.terraform.directory,
    dataDirectory: env['TF_DATA_DIR'],
    dialect: inputs.tool,
  })
}

/** A plan's JSON declares every variable, and has a value for each that isn't ephemeral. */
function hasEphemeralVariables(plan: Plan): boolean {
  const declared = Object.keys(plan.configuration.root_module?.variables ?? {})
  return declared.some((name) => !Object.hasOwn(plan.variables ?? {}, name))
}
