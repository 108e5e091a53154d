// Runs an action's bundle by the runner's contract and gives back what a runner would know.
//
// Not emulated: problem matchers (`add-matcher` is accepted and ignored), `echo`, `pre`, composite and container actions.

import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunRequest, RunResult, StepResult } from './contract.ts'
import { type Folders, githubContext, stepEnvironment } from './environment.ts'
import {
  type CommandFiles,
  createCommandFiles,
  parsePairs,
  readCommandFile,
  summaryLimitBytes,
} from './file-commands.ts'
import { evaluateDefault, type Manifest, type PostIf, readManifest } from './manifest.ts'
import { createMasker, type Masker } from './masker.ts'
import { type ProcessEnd, runNode, runnerTimes, type Times } from './node-process.ts'
import { trackedProcesses, watchProcesses } from './process-watch.ts'
import { createStepLog, type StepLog } from './step-log.ts'

export type * from './contract.ts'

/** Folders under RUNNER_TEMP that are the runner's own. */
const ownFolders = ['_runner_file_commands', '_github_workflow']

interface Job {
  request: RunRequest
  manifest: Manifest
  github: Record<string, string>
  masker: Masker
  folders: Folders
  trackingId: string
  times: Times
  state: Record<string, string>
  added: { env: Record<string, string>; path: string[] }
}

/**
 * Runs main, then the later steps, then post: post runs also when main failed, was cancelled or was killed.
 *
 * @param times how long a cancelled process is given; other than the runner's only in this harness's own tests
 * @throws Error when the action or the request can't be run at all; a failing action is a result
 */
export async function runAction(request: RunRequest, times: Times = runnerTimes): Promise<RunResult> {
  const jobFolder = request.jobFolder ?? realpathSync(mkdtempSync(join(tmpdir(), 'ondol-runner-')))
  const trackingId = `github_${randomUUID()}`
  try {
    const job = openJob(request, jobFolder, trackingId, times)
    const main = await runStep(job, job.manifest.main, {
      interruptAfter: request.interruptAfter,
      kill: request.kill,
      cancel: request.cancel,
    })
    await request.laterSteps?.(main)
    const post = isPostDue(job, main) ? await runStep(job, job.manifest.post ?? '', {}) : undefined
    const orphans = endOrphans(trackingId)
    return { ...main, ...(post === undefined ? {} : { post }), tempLeft: listTemp(job.folders.temp), orphans }
  } finally {
    endOrphans(trackingId)
    if (request.jobFolder === undefined) rmSync(jobFolder, { recursive: true, force: true })
  }
}

function openJob(request: RunRequest, jobFolder: string, trackingId: string, times: Times): Job {
  const folders = { home: join(jobFolder, 'home'), temp: join(jobFolder, 'temp'), toolCache: join(jobFolder, 'tools') }
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true })
  const masker = createMasker()
  for (const secret of [request.context.token, request.context.runtimeToken, ...(request.masks ?? [])])
    masker.add(secret)
  return {
    request,
    manifest: readManifest(request.action),
    github: githubContext(request, writeEvent(folders.temp, request.event.payload)),
    masker,
    folders,
    trackingId,
    times,
    state: {},
    added: { env: {}, path: [] },
  }
}

function writeEvent(temp: string, payload: unknown): string {
  const folder = join(temp, '_github_workflow')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'event.json'), JSON.stringify(payload))
  return join(folder, 'event.json')
}

type Interventions = Pick<Parameters<typeof runNode>[0], 'interruptAfter' | 'kill' | 'cancel'>

async function runStep(job: Job, script: string, interventions: Interventions): Promise<StepResult> {
  const { request, masker } = job
  const log = createStepLog({
    masker,
    workspace: request.workspace,
    debug: request.env?.['RUNNER_DEBUG'] === '1',
    onLine: request.onLine ?? (() => undefined),
  })
  const files = createCommandFiles(join(job.folders.temp, '_runner_file_commands'))
  const env = stepEnvironment({ ...job, inputs: resolveInputs(job, log), files })
  const watch = watchProcesses(job.trackingId)
  const end = await runNode({
    script: join(request.action, script),
    cwd: request.workspace,
    env,
    times: job.times,
    onLine: log.accept,
    ...interventions,
  }).finally(watch.stop)
  return collect(job, log, files, end, [...watch.seen])
}

/** Given inputs over defaults, with the runner's warnings about names that action.yml doesn't declare. */
function resolveInputs(job: Job, log: StepLog): Record<string, string> {
  const { inputs: declared } = job.manifest
  const given = new Map(Object.entries(job.request.inputs).map(([name, value]) => [name.toLowerCase(), value]))
  const names = Object.keys(declared)
  const unexpected = [...given.keys()].filter((name) => !names.some((known) => known.toLowerCase() === name))
  if (unexpected.length > 0) {
    const quote = (list: readonly string[]): string => list.map((name) => `'${name}'`).join(', ')
    log.annotate('warning', `Unexpected input(s) ${quote(unexpected)}, valid inputs are [${quote(names)}]`)
  }
  for (const [name, { deprecationMessage }] of Object.entries(declared)) {
    if (deprecationMessage && given.has(name.toLowerCase())) {
      log.annotate('warning', `Input '${name}' has been deprecated with message: ${deprecationMessage}`)
    }
  }
  const defaults = names.map((name) => [name.toLowerCase(), evaluateDefault(declared[name]?.default, job.github)])
  return { ...Object.fromEntries(defaults), ...Object.fromEntries(given) }
}

function collect(job: Job, log: StepLog, files: CommandFiles, end: ProcessEnd, processes: string[]): StepResult {
  const read = (file: string): string =>
    readCommandFile(file)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
  const pairs = (kind: 'env' | 'state' | 'output'): [string, string][] => {
    const { pairs, error } = parsePairs(read(files[kind]))
    if (error !== undefined) log.fail(`Unable to process file command '${kind}' successfully. ${error}`)
    return pairs
  }
  const path = read(files.path)
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '')
  const env = Object.fromEntries(pairs('env').filter(([name]) => isAllowedVariable(name, log)))
  const summary = readSummary(files.step_summary, job.masker, log)
  const state = Object.fromEntries([...log.state, ...pairs('state')])
  const outputs = Object.fromEntries([...log.outputs, ...pairs('output')])
  job.state = { ...job.state, ...state }
  job.added = {
    env: { ...job.added.env, ...env },
    path: [...job.added.path.filter((old) => !path.includes(old)), ...path],
  }
  return {
    conclusion: conclude(end, log),
    exitCode: end.exitCode,
    signal: end.signal,
    outputs,
    state,
    env,
    path,
    summary: summary ?? '',
    summaryDropped: summary === undefined,
    annotations: log.annotations,
    annotationsDropped: log.dropped,
    masks: log.masks,
    log: log.lines,
    rawLog: log.raw,
    groups: log.groups,
    processes,
    durationMs: end.durationMs,
  }
}

function isAllowedVariable(name: string, log: StepLog): boolean {
  if (name.toUpperCase() !== 'NODE_OPTIONS') return true
  log.annotate('error', "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.")
  return false
}

/** The masked summary, or undefined when it was too large to be shown. */
function readSummary(file: string, masker: Masker, log: StepLog): string | undefined {
  const bytes = readCommandFile(file)
  if (bytes.length <= summaryLimitBytes) return bytes.toString('utf8').split('\n').map(masker.mask).join('\n')
  log.annotate(
    'error',
    `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${summaryLimitBytes / 1024}k, got ${Math.floor(bytes.length / 1024)}k.`,
  )
  return undefined
}

function conclude(end: ProcessEnd, log: StepLog): StepResult['conclusion'] {
  if (end.cancelled) return 'cancelled'
  return end.exitCode === 0 && !log.failed ? 'success' : 'failure'
}

function isPostDue({ request, manifest }: Job, main: StepResult): boolean {
  if (manifest.post === undefined || request.skipPost) return false
  const due: Record<PostIf, boolean> = {
    'always()': true,
    'success()': main.conclusion === 'success',
    'failure()': main.conclusion === 'failure',
    'cancelled()': main.conclusion === 'cancelled',
  }
  return due[manifest.postIf]
}

function endOrphans(trackingId: string): string[] {
  return trackedProcesses(trackingId).map(({ pid, commandLine }) => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself between the look and the signal.
    }
    return commandLine
  })
}

function listTemp(temp: string): string[] {
  return readdirSync(temp, { recursive: true, encoding: 'utf8' })
    .filter((path) => !ownFolders.some((own) => path === own || path.startsWith(`${own}/`)))
    .sort()
}
