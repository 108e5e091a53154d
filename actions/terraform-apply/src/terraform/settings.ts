/** How Terraform is to be run: the inputs that shape its commands. */
export interface TerraformSettings {
  /** Absolute folder of the root module. */
  directory: string
  workspace: string | undefined
  /** Paths as the user gave them, relative to `directory` as Terraform reads them. */
  varFiles: readonly string[]
  variables: Readonly<Record<string, unknown>>
  backendConfig: Readonly<Record<string, unknown>>
  targets: readonly string[]
  replaces: readonly string[]
  parallelism: number | undefined
  destroy: boolean
  refresh: boolean
  lockTimeoutMs: number
}

/** Files that carry values which must not be in a process list; written 0600, each `undefined` when not needed. */
export interface ValueFiles {
  variables: string | undefined
  backendConfig: string | undefined
}

export function initArguments(files: ValueFiles): string[] {
  return [
    'init',
    '-input=false',
    '-no-color',
    ...(files.backendConfig === undefined ? [] : [`-backend-config=${files.backendConfig}`]),
  ]
}

export function planArguments(settings: TerraformSettings, files: ValueFiles, planFile: string): string[] {
  return [
    'plan',
    '-json',
    '-input=false',
    `-out=${planFile}`,
    lockTimeout(settings),
    ...(settings.destroy ? ['-destroy'] : []),
    ...(settings.refresh ? [] : ['-refresh=false']),
    ...parallelism(settings),
    ...variableFiles(settings, files),
    ...settings.targets.map((target) => `-target=${target}`),
    ...settings.replaces.map((address) => `-replace=${address}`),
  ]
}

/**
 * A saved plan has its variables, targets and mode in it. Only ephemeral variables are not, and must be given again;
 * others may then be given too, as long as they are the same (Terraform 1.10 and newer).
 */
export function applyArguments(
  settings: TerraformSettings,
  files: ValueFiles,
  planFile: string,
  withVariables: boolean,
): string[] {
  const variables = withVariables ? variableFiles(settings, files) : []
  return ['apply', '-json', '-input=false', lockTimeout(settings), ...parallelism(settings), ...variables, planFile]
}

/**
 * Asks for the state's lock and gives it back at once: a plan of one resource that doesn't exist, without refresh. It is
 * the cheapest command of Terraform that locks, and it changes nothing.
 */
export function lockProbeArguments(settings: TerraformSettings, files: ValueFiles): string[] {
  return [
    'plan',
    '-json',
    '-input=false',
    '-refresh=false',
    '-lock-timeout=0s',
    '-target=terraform_data.ondol_lock_probe',
    ...variableFiles(settings, files),
  ]
}

/** The values of variables, for a command that reads them. */
export function variableFiles(settings: TerraformSettings, files: ValueFiles): string[] {
  return [...settings.varFiles, ...(files.variables === undefined ? [] : [files.variables])].map(
    (file) => `-var-file=${file}`,
  )
}

function lockTimeout(settings: TerraformSettings): string {
  return `-lock-timeout=${Math.ceil(settings.lockTimeoutMs / 1000)}s`
}

function parallelism(settings: TerraformSettings): string[] {
  return settings.parallelism === undefined ? [] : [`-parallelism=${settings.parallelism}`]
}
