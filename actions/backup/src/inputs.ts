import { isAbsolute, resolve } from 'node:path'
import type { RunContext } from '../../../lib/action/context.ts'
import { invalidInput } from '../../../lib/action/errors.ts'
import { type Environment, type InputReader, inputReader } from '../../../lib/action/inputs.ts'
import { insideWorkspace, outputFile } from '../../../lib/action/workspace.ts'
import { parseStoreUrl, type StoreLocation } from '../../../lib/s3/location.ts'
import type { StoreOptions } from '../../../lib/s3/options.ts'
import { isId } from './catalogue/id.ts'
import { requireSetName } from './catalogue/keys.ts'
import type { BackupType } from './catalogue/manifest.ts'
import { parseRehearsal, type Rehearsal } from './rehearse/rehearsal.ts'
import { type Policy, readPolicy } from './retention/policy.ts'
import { parseSources } from './sources/parse.ts'
import type { Source } from './sources/source.ts'
import { type Protection, protectionOf, storeOf, storeOptionsOf } from './store-inputs.ts'

export const modes = ['backup', 'restore', 'verify', 'rehearse', 'status', 'list', 'prune'] as const

export type Mode = (typeof modes)[number]

/** Every input, checked and typed. Durations are in milliseconds. */
export interface Inputs {
  mode: Mode
  set: string
  store: StoreLocation
  copies: StoreLocation[]
  storeOptions: StoreOptions
  protection: Protection
  sources: Source[]
  type: 'auto' | BackupType
  fullEveryMs: number
  detect: 'mtime' | 'checksum'
  compressionLevel: number
  access: {
    sshKey: string | undefined
    knownHosts: string | undefined
    kubeconfig: string | undefined
    context: string | undefined
  }
  policy: Policy
  pruneAfter: boolean
  dryRun: boolean
  maxAgeMs: number | undefined
  maxVerifiedAgeMs: number
  /** Absolute path of a workflow file. */
  workflow: string | undefined
  backupId: string
  restore: {
    /** Absolute. */
    folder: string | undefined
    /** Address of a database server. */
    databases: string | undefined
    include: string[]
    allowNonEmpty: boolean
  }
  /** Share of the stored bytes, 0 to 1. */
  sample: number
  rehearsal: Rehearsal | undefined
  notify: string[]
  heartbeatUrl: string | undefined
  metrics: { kind: 'pushgateway'; url: string } | { kind: 'file'; path: string } | undefined
  token: string | undefined
  reportPath: string | undefined
}

/** Reads and checks the inputs. Throws `invalid-input` before anything has been done. */
export function readInputs(env: Environment, context: RunContext): Inputs {
  const read = inputReader(env)
  const mode = read.choice('mode', modes)
  refuseStrangers(mode, context)
  const policy = policyOf(read)
  const prune = read.choice('prune', ['never', 'after-backup'])
  if (mode === 'prune' || prune === 'after-backup') readPolicy(policy)
  const store = storeOf(read)
  const protection = protectionOf(read, mode === 'backup')
  if (store.kind === 'folder' && protection.lock !== undefined) {
    throw invalidInput(
      `The input object-lock is ${protection.lock.mode}, and bucket is a folder, which can't lock; object-lock: none is allowed.`,
    )
  }
  return {
    mode,
    set: requireSetName(read.text('set')),
    store,
    copies: read.list('copy-to').map((line, index) => parseStoreUrl(line, `Line ${index + 1} of the input copy-to`)),
    storeOptions: storeOptionsOf(read),
    protection,
    sources: sourcesOf(read, mode),
    type: read.choice('type', ['auto', 'full', 'incremental', 'differential']),
    fullEveryMs: read.duration('full-every'),
    detect: read.choice('detect', ['mtime', 'checksum']),
    compressionLevel: levelOf(read),
    access: {
      sshKey: read.secret('ssh-key'),
      knownHosts: read.optional('known-hosts'),
      kubeconfig: read.secret('kubeconfig'),
      context: read.optional('context'),
    },
    policy,
    pruneAfter: prune === 'after-backup',
    dryRun: read.flag('dry-run'),
    maxAgeMs: read.optional('max-age') === undefined ? undefined : read.duration('max-age'),
    maxVerifiedAgeMs: read.duration('max-verified-age'),
    workflow: workflowOf(read, context.workspace),
    backupId: backupIdOf(read),
    restore: restoreOf(read, mode, env),
    sample: sampleOf(read.text('sample')),
    rehearsal: mode === 'rehearse' ? parseRehearsal(read.map('rehearsal'), env) : undefined,
    notify: read.list('notify').map((line) => webAddress('notify', line)),
    heartbeatUrl: optionalAddress('heartbeat-url', read.optional('heartbeat-url')),
    metrics: metricsOf(read, context.workspace),
    token: read.secret('github-token'),
    reportPath: outputFile('report-path', read.optional('report-path'), context.workspace),
  }
}

/** A pull request's workflow comes from its author, and everything here is done with the repository's secrets. */
function refuseStrangers(mode: Mode, { event }: RunContext): void {
  if (event.name !== 'pull_request_target') return
  throw invalidInput(
    `The event is pull_request_target, on which anybody's pull request would run mode ${mode} with your secrets.`,
  )
}

function sourcesOf(read: InputReader, mode: Mode): Source[] {
  const text = read.optional('sources')
  if (text !== undefined) return parseSources(text)
  if (mode === 'backup') throw invalidInput('The input sources is empty; mode backup needs at least one source.')
  return []
}

function levelOf(read: InputReader): number {
  const level = read.count('compression-level', 1)
  if (level !== undefined && level <= 19) return level
  throw invalidInput(
    `The input compression-level is ${JSON.stringify(read.text('compression-level'))}; allowed are 1 to 19.`,
  )
}

function policyOf(read: InputReader): Policy {
  return {
    last: read.count('keep-last', 0),
    hourly: read.count('keep-hourly', 0),
    daily: read.count('keep-daily', 0),
    weekly: read.count('keep-weekly', 0),
    monthly: read.count('keep-monthly', 0),
    yearly: read.count('keep-yearly', 0),
    within: read.optional('keep-within'),
  }
}

function workflowOf(read: InputReader, workspace: string): string | undefined {
  const path = read.optional('workflow')
  return path === undefined ? undefined : insideWorkspace('workflow', path, workspace)
}

function backupIdOf(read: InputReader): string {
  const id = read.text('backup-id')
  if (id === 'latest' || isId(id)) return id
  throw invalidInput(
    `The input backup-id is ${JSON.stringify(id.slice(0, 60))}; allowed is latest, or an id such as 20261125T021700Z-5f3a9c.`,
  )
}

function restoreOf(read: InputReader, mode: Mode, env: Environment): Inputs['restore'] {
  const folder = read.optional('restore-to')
  const variable = read.optional('restore-databases-to')
  if (folder !== undefined && !isAbsolute(folder)) {
    throw invalidInput(`The input restore-to is ${JSON.stringify(folder)}; allowed is an absolute path.`)
  }
  const databases = variable === undefined ? undefined : env[variable]
  if (variable !== undefined && !databases) {
    throw invalidInput(
      `The input restore-databases-to names the variable ${JSON.stringify(variable.slice(0, 60))}, which this step's environment doesn't have.`,
    )
  }
  if (mode === 'restore' && folder === undefined && databases === undefined) {
    throw invalidInput('The inputs restore-to and restore-databases-to are empty; mode restore needs one of them.')
  }
  return {
    folder: folder === undefined ? undefined : resolve(folder),
    databases,
    include: read.list('include'),
    allowNonEmpty: read.flag('allow-non-empty'),
  }
}

function sampleOf(text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? []
  const share = percent === undefined ? Number.NaN : Number(percent) / 100
  if (share > 0 && share <= 1) return share
  throw invalidInput(
    `The input sample is ${JSON.stringify(text.slice(0, 60))}; allowed is a share such as 10% or 100%.`,
  )
}

function metricsOf(read: InputReader, workspace: string): Inputs['metrics'] {
  const target = read.optional('metrics')
  if (target === undefined) return undefined
  if (target.includes('://')) return { kind: 'pushgateway', url: webAddress('metrics', target) }
  return { kind: 'file', path: resolve(workspace, target) }
}

function optionalAddress(name: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : webAddress(name, text)
}

/** Such an address is often the only secret of its service, so no error has it. */
function webAddress(name: string, text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return text
  throw invalidInput(`The input ${name} has a line that is no http or https address.`)
}
