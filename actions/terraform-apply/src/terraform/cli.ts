import type { Log } from '../../../../lib/action/log.ts'
import type { ProcessRunner } from '../../../../lib/process/run.ts'
import { atRepository, type Diagnostic, readPlainErrors } from './diagnostics.ts'
import { type LockHolder, lockHolder } from './lock.ts'
import {
  applyArguments,
  initArguments,
  lockProbeArguments,
  planArguments,
  type TerraformSettings,
  type ValueFiles,
  variableFiles,
} from './settings.ts'
import { readEvent, type StreamEvent } from './stream.ts'
import type { ToolFacts } from './tool.ts'

export interface ToolVersions {
  /** Of the program itself. */
  version: string
  /** Provider addresses and the versions that this root uses. */
  providers: Record<string, string>
}

export interface CommandResult {
  ok: boolean
  /** Files are relative to the repository. */
  diagnostics: Diagnostic[]
}

export interface TerraformOptions {
  tool: ToolFacts
  /** The program's path. */
  program: string
  settings: TerraformSettings
  files: ValueFiles
  /** The root module's folder, relative to the repository, for the places of diagnostics. */
  directoryInRepository: string
  env: Readonly<Record<string, string>>
  processes: ProcessRunner
  log: Log
  /** For the output of commands that change something: they can end in order even when this process is killed. */
  scratch: string
  /** A command that may hold the state's lock has started, or has ended. */
  onLocking: (command: { pid: number } | undefined) => void
  /** Learns the secrets that an error may quote; called after a command failed and before anything of it is shown. */
  learnSecrets: () => Promise<void>
}

/** The commands of Terraform or OpenTofu that this action uses. What a command prints goes to the log in a fold of its own. */
export function createTerraform(options: TerraformOptions) {
  const { program, settings, files, processes, log } = options
  const name = options.tool.program
  const early = options.tool.evaluatesEarly ? variableFiles(settings, files) : []
  const base = { file: program, cwd: settings.directory, env: { ...options.env, TF_IN_AUTOMATION: '1', TF_INPUT: '0' } }

  /** Runs one command whose stdout is lines of JSON. Diagnostics are shown at the end, when the secrets are known. */
  async function runJson(title: string, args: string[], onEvent: (event: StreamEvent) => void): Promise<CommandResult> {
    const diagnostics: Diagnostic[] = []
    return log.foreign(title, async (write) => {
      const heldBack: string[] = []
      const exit = await processes.run({
        ...base,
        args,
        outliveFolder: options.scratch,
        onStart: (pid) => options.onLocking({ pid }),
        onStdoutLine(line) {
          const event = readEvent(line)
          if (event.kind === 'diagnostic') {
            diagnostics.push(atRepository(event.diagnostic, options.directoryInRepository))
            heldBack.push(event.text, ...event.diagnostic.detail.split('\n').map((detail) => `  ${detail}`))
          } else write(event.text)
          onEvent(event)
        },
        onStderrLine: (line) => heldBack.push(line),
      })
      options.onLocking(undefined)
      const ok = exit.code === 0
      if (!ok) {
        await options.learnSecrets()
        if (!diagnostics.some(({ severity }) => severity === 'error'))
          diagnostics.push(...plainErrors(name, heldBack, exit.code, options.directoryInRepository))
      }
      heldBack.forEach(write)
      return { ok, diagnostics }
    })
  }

  async function runPlain(title: string, args: string[]): Promise<CommandResult> {
    return log.foreign(title, async (write) => {
      const exit = await processes.run({ ...base, args })
      const ok = exit.code === 0
      if (!ok) await options.learnSecrets()
      for (const line of `${exit.stdout}\n${exit.stderr}`.split('\n')) if (line.trim() !== '') write(line)
      const diagnostics = ok ? [] : plainErrors(name, [exit.stderr], exit.code, options.directoryInRepository)
      return { ok, diagnostics }
    })
  }

  async function captured(args: string[], evenIfInterrupted = false): Promise<{ ok: boolean; stdout: string }> {
    const exit = await processes.run({ ...base, args, captureBytes: CAPTURED_BYTES, evenIfInterrupted })
    return { ok: exit.code === 0, stdout: exit.stdout }
  }

  return {
    /** The workspace that commands work on: by TF_WORKSPACE, or by the last selection in this folder. */
    async workspace(): Promise<string> {
      const { ok, stdout } = await captured(['workspace', 'show', '-no-color'])
      if (!ok) throw new CommandFailed(`${name} workspace show`)
      return stdout.trim()
    },

    /** After `init`, with the providers that it chose. */
    async versions(): Promise<ToolVersions> {
      const { ok, stdout } = await captured(['version', '-json'])
      if (!ok) throw new CommandFailed(`${name} version`)
      // OpenTofu has kept the name of the field.
      const version = JSON.parse(stdout) as { terraform_version: string; provider_selections?: Record<string, string> }
      return { version: version.terraform_version, providers: version.provider_selections ?? {} }
    },

    async init(): Promise<CommandResult> {
      const initialised = await runPlain(`${name} init`, [...initArguments(files), ...early])
      if (!initialised.ok || settings.workspace === undefined) return initialised
      return runPlain(`${name} workspace select`, ['workspace', 'select', '-or-create', ...early, settings.workspace])
    },

    plan: (planFile: string): Promise<CommandResult> =>
      runJson(`${name} plan`, planArguments(settings, files, planFile), () => {}),

    /** Writes the plan's JSON to `jsonFile` (0600). It holds every secret of the root, so nothing of it is logged. */
    async showPlan(planFile: string, jsonFile: string): Promise<void> {
      const exit = await processes.run({ ...base, args: ['show', '-json', ...early, planFile], stdoutFile: jsonFile })
      if (exit.code !== 0) throw new CommandFailed(`${name} show`)
    },

    /** @param withVariables gives the variables again, for a plan with ephemeral ones */
    apply: (planFile: string, withVariables: boolean, onEvent: (event: StreamEvent) => void): Promise<CommandResult> =>
      runJson(
        `${name} apply`,
        applyArguments(settings, files, planFile, withVariables || options.tool.evaluatesEarly),
        onEvent,
      ),

    /** The outputs after an apply, with their marks. */
    async outputs(): Promise<Record<string, { sensitive: boolean; value: unknown }>> {
      const { ok, stdout } = await captured(['output', '-json', '-no-color', ...early], true)
      return ok ? (JSON.parse(stdout) as Record<string, { sensitive: boolean; value: unknown }>) : {}
    },

    /** The state as JSON, `undefined` when it can't be read. It holds secrets. */
    async showState(): Promise<string | undefined> {
      const { ok, stdout } = await captured(['show', '-json', '-no-color', ...early], true)
      return ok ? stdout : undefined
    },

    /** Who holds the state's lock; `undefined` when nobody does. */
    async probeLock(): Promise<LockHolder | undefined> {
      const diagnostics: Diagnostic[] = []
      await processes.run({
        ...base,
        args: lockProbeArguments(settings, files),
        evenIfInterrupted: true,
        onStdoutLine(line) {
          const event = readEvent(line)
          if (event.kind === 'diagnostic') diagnostics.push(event.diagnostic)
        },
      })
      return lockHolder(diagnostics)
    },

    async forceUnlock(id: string): Promise<boolean> {
      return (await captured(['force-unlock', '-force', ...early, id], true)).ok
    },
  }
}

export type Terraform = ReturnType<typeof createTerraform>

/** A command that has nothing to tell but that it failed: most often it was interrupted. */
export class CommandFailed extends Error {
  constructor(command: string) {
    super(`${command} failed`)
    this.name = 'CommandFailed'
  }
}

/** Outputs and states are read whole; a bigger one is cut, fails to parse and is treated as unreadable. */
const CAPTURED_BYTES = 256 * 1024 * 1024

function plainErrors(program: string, lines: readonly string[], code: number | null, directory: string): Diagnostic[] {
  const errors = readPlainErrors(lines.join('\n'))
  if (errors.length > 0) return errors.map((error) => atRepository(error, directory))
  return [
    {
      severity: 'error',
      summary: `${program} ended with ${code === null ? 'a signal' : `exit code ${code}`}`,
      detail: lines.join('\n').trim(),
    },
  ]
}
