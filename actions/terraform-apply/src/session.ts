import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { RunContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { createLog, type Log } from '../../../lib/action/log.ts'
import { createClient, type GitHub } from '../../../lib/github/client.ts'
import { childEnvironment, secretLikeValues } from '../../../lib/process/environment.ts'
import { createRedactor, type Redactor, URL_CREDENTIALS } from '../../../lib/process/redact.ts'
import { type ClosableProcessRunner, createProcessRunner } from '../../../lib/process/run.ts'
import { artifactStore } from './bundle/artifact-store.ts'
import { fileStore } from './bundle/file-store.ts'
import type { PlanStore } from './bundle/store.ts'
import { toPosix } from './closure/files.ts'
import { repositoryTop } from './closure/git.ts'
import type { Inputs } from './inputs.ts'
import { deriveKeys, type Keys } from './keys.ts'
import { configurationSecrets } from './secrets.ts'
import { scratchSlot } from './state.ts'
import type { ValueFiles } from './terraform/settings.ts'

/** The edges of one run: everything that reads or changes the world outside, and what all parts share. */
export interface Session {
  inputs: Inputs
  context: RunContext
  keys: Keys | undefined
  github: GitHub
  store: PlanStore
  log: Log
  /** Knows every secret that this run has met so far. */
  redact: Redactor
  processes: ClosableProcessRunner
  /** The environment of children. */
  env: Readonly<Record<string, string>>
  /** The step's summary file. */
  summaryFile: string | undefined
  /** A folder of this run's own (0700) that the post step deletes. */
  scratch: string
  valueFiles: ValueFiles
  /** Absolute top of the checkout, and the root module's folder in it (`''` for the top). */
  repository: string
  directory: string
}

export async function openSession(inputs: Inputs, context: RunContext, env: Environment): Promise<Session> {
  const redact = createRedactor()
  const log = createLog(redact)
  if (inputs.planKey !== undefined) log.mask(inputs.planKey)
  const repository = repositoryTop(inputs.terraform.directory, context.workspace)
  const known = [
    inputs.planKey,
    inputs.token,
    ...secretLikeValues(env),
    ...(await configurationSecrets(inputs.terraform, env)),
  ]
  for (const secret of known) if (secret !== undefined) redact.add(secret)
  for (const pattern of [URL_CREDENTIALS, ...inputs.redact]) redact.addPattern(pattern)
  const github = createClient({
    token: inputs.token,
    repository: { owner: context.repository.owner, repo: context.repository.name },
    apiUrl: context.apiUrl,
  })
  const scratch = await mkdtemp(join(context.tempDirectory, 'ondol-terraform-'))
  await chmod(scratch, 0o700)
  scratchSlot.save(scratch)
  return {
    inputs,
    context,
    keys: inputs.planKey === undefined ? undefined : deriveKeys(inputs.planKey),
    github,
    store:
      inputs.planStore.kind === 'file'
        ? fileStore(inputs.planStore.directory, context)
        : artifactStore(github, scratch),
    log,
    redact,
    processes: createProcessRunner(),
    env: childEnvironment(env),
    summaryFile: env['GITHUB_STEP_SUMMARY'],
    scratch,
    valueFiles: await writeValueFiles(scratch, inputs),
    repository,
    directory: toPosix(relative(repository, inputs.terraform.directory)),
  }
}

/** Values that must not be in a process list reach Terraform in files. JSON, because both kinds of file may be JSON. */
async function writeValueFiles(scratch: string, { terraform }: Inputs): Promise<ValueFiles> {
  const write = async (name: string, values: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
    if (Object.keys(values).length === 0) return undefined
    const file = join(scratch, name)
    await writeFile(file, JSON.stringify(values, digitsOfLongIntegers), { mode: 0o600 })
    return file
  }
  return {
    variables: await write('variables.tfvars.json', terraform.variables),
    backendConfig: await write('backend.json', terraform.backendConfig),
  }
}

function digitsOfLongIntegers(_key: string, value: unknown): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
  return typeof value === 'bigint' ? rawJSON(String(value)) : value
}
