import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunContext } from '../../../lib/action/context.ts'
import { invalidInput } from '../../../lib/action/errors.ts'
import { type Environment, type InputReader, inputReader } from '../../../lib/action/inputs.ts'
import { outputFile } from '../../../lib/action/workspace.ts'
import { type ImageEntry, parseImageEntry } from './manifests/images.ts'
import { parseSecretSpec, type SecretSpec } from './manifests/secrets.ts'
import { type Gate, parseGates } from './rollout/gates.ts'
import { preciousKinds } from './state/inventory.ts'
import { type CanaryStep, parseCanary } from './strategies/canary-steps.ts'

export type Mode = 'deploy' | 'diff' | 'rollback' | 'status'
export type OnFailure = 'rollback' | 'keep' | 'delete-new'
export type Strategy = 'rolling' | 'canary' | 'blue-green'

/** How the cluster is reached. */
export interface Access {
  /** Content of a kubeconfig, or the absolute path of one; neither means what kubectl finds by itself. */
  kubeconfig: { kind: 'content'; content: string } | { kind: 'file'; path: string } | { kind: 'found' }
  context: string | undefined
  /** `path`, or a version without `v`. */
  kubectlVersion: string
}

/** Every input, checked and typed. Durations are in milliseconds. */
export interface Inputs {
  mode: Mode
  /** Relative to the workspace, as written. */
  manifests: string[]
  helmValues: string[]
  app: string
  namespace: string | undefined
  access: Access
  images: ImageEntry[]
  secrets: SecretSpec[]
  timeoutMs: number
  soakMs: number
  gates: Gate[]
  prometheusUrl: string | undefined
  onFailure: OnFailure
  toRevision: number | undefined
  prune: boolean
  pruneKinds: string[]
  strategy: Strategy
  canary: CanaryStep[]
  fieldManager: string
  forceConflicts: boolean
  waitForLockMs: number
  digestKey: string | undefined
  environment: string | undefined
  environmentUrl: string | undefined
  comment: 'update' | 'new' | 'off'
  summary: boolean
  redact: RegExp[]
  reportPath: string | undefined
  diffPath: string | undefined
  token: string
}

/** Reads and checks the inputs. Throws `invalid-input` before anything has been done. */
export function readInputs(env: Environment, context: RunContext): Inputs {
  const read = inputReader(env)
  const mode = modeOf(read.choice('mode', ['auto', 'deploy', 'diff', 'rollback', 'status']), context)
  const manifests = read.list('manifests')
  if ((mode === 'deploy' || mode === 'diff') && manifests.length === 0) {
    throw invalidInput(`The input manifests is empty; mode ${mode} needs files, a folder or a chart.`)
  }
  const toRevision = read.count('to-revision', 1)
  if (toRevision !== undefined && mode !== 'rollback') {
    throw invalidInput(`The input to-revision is set and mode is ${mode}; it is for mode: rollback.`)
  }
  const gates = parseGates(read.list('gates'))
  const prometheusUrl = address('prometheus-url', read.optional('prometheus-url'))
  if (prometheusUrl === undefined && gates.some(({ kind }) => kind === 'promql')) {
    throw invalidInput('The input prometheus-url is empty, and gates has a line "promql: …", which needs it.')
  }
  const strategy = read.choice('strategy', ['rolling', 'canary', 'blue-green'])
  return {
    mode,
    manifests,
    helmValues: read.list('helm-values'),
    app: appName(read.optional('app'), context.repository.name),
    namespace: namespaceName(read.optional('namespace')),
    access: accessOf(read, context.workspace),
    images: distinct('images', read.list('images').map(parseImageEntry)),
    secrets: distinct('secrets', read.list('secrets').map(parseSecretSpec)),
    timeoutMs: read.duration('timeout'),
    soakMs: read.duration('soak'),
    gates,
    prometheusUrl,
    onFailure: read.choice('on-failure', ['rollback', 'keep', 'delete-new']),
    toRevision,
    prune: read.flag('prune'),
    pruneKinds: pruneKinds(read.words('prune-kinds')),
    strategy,
    canary: strategy === 'canary' ? parseCanary(read.text('canary')) : [],
    fieldManager: fieldManager(read.text('field-manager')),
    forceConflicts: read.flag('force-conflicts'),
    waitForLockMs: read.duration('wait-for-lock'),
    digestKey: read.secret('digest-key', 32),
    environment: read.optional('environment'),
    environmentUrl: address('environment-url', read.optional('environment-url')),
    comment: read.choice('comment', ['update', 'new', 'off']),
    summary: read.flag('summary'),
    redact: read.patterns('redact'),
    reportPath: outputFile('report-path', read.optional('report-path'), context.workspace),
    diffPath: outputFile('diff-path', read.optional('diff-path'), context.workspace),
    token: read.text('github-token'),
  }
}

/** A pull request's manifests are only looked at; with `pull_request_target` they would be so with the base's secrets. */
function modeOf(mode: Mode | 'auto', { event }: RunContext): Mode {
  if (event.name === 'pull_request_target' && mode !== 'status') {
    throw invalidInput(
      `The event is pull_request_target, which gives the manifests of a stranger's pull request your secrets; use pull_request for mode ${mode}.`,
    )
  }
  if (mode !== 'auto') return mode
  if (UNMERGED.includes(event.name)) return 'diff'
  if (MERGED.includes(event.name)) return 'deploy'
  throw invalidInput(
    `The event is ${event.name}, for which mode auto doesn't know whether the code is merged; set the input mode.`,
  )
}

/**
 * What an event's commit is: of a pull request's merge, or of a branch or tag that somebody with write access has chosen
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows). Others are neither, as that of
 * a merge queue, or are often not what the step checks out, as a comment's.
 */
const UNMERGED = ['pull_request', 'pull_request_review', 'pull_request_review_comment']
const MERGED = [
  'push',
  'workflow_dispatch',
  'schedule',
  'release',
  'repository_dispatch',
  'workflow_run',
  'deployment',
  'registry_package',
]

/** Names of the action's own objects end in up to 30 characters of their own, and a label holds 63. */
const APP = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/

function appName(given: string | undefined, repository: string): string {
  const derived = repository
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  const name = given ?? derived
  if (APP.test(name)) return name
  throw invalidInput(
    `The input app is ${JSON.stringify(name)}; allowed are up to 40 lower-case letters, digits and "-", with a letter or digit at both ends.`,
  )
}

function namespaceName(namespace: string | undefined): string | undefined {
  if (namespace === undefined || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return namespace
  throw invalidInput(
    `The input namespace is ${JSON.stringify(namespace)}; allowed are up to 63 lower-case letters, digits and "-", with a letter or digit at both ends.`,
  )
}

function accessOf(read: InputReader, workspace: string): Access {
  const content = read.secret('kubeconfig')
  const path = read.optional('kubeconfig-path')
  if (content !== undefined && path !== undefined) {
    throw invalidInput('The inputs kubeconfig and kubeconfig-path are both set; one of them is allowed.')
  }
  if (content !== undefined && isEncoded(content)) {
    throw invalidInput('The input kubeconfig is base64; decode it first, or keep the plain file in the secret.')
  }
  return {
    kubeconfig:
      content !== undefined
        ? { kind: 'content', content }
        : path !== undefined
          ? { kind: 'file', path: existingFile('kubeconfig-path', path, workspace) }
          : { kind: 'found' },
    context: read.optional('context'),
    kubectlVersion: kubectlVersion(read.text('kubectl-version')),
  }
}

/** As many keep it for other tools. */
function isEncoded(kubeconfig: string): boolean {
  return (
    /^[\w+/=\s]+$/.test(kubeconfig) &&
    /^\s*["']?(?:apiVersion|clusters|kind)\b|^\s*\{/m.test(Buffer.from(kubeconfig, 'base64').toString())
  )
}

/** It may lie anywhere: other steps write theirs to the runner's temporary folder or to the home. */
function existingFile(input: string, path: string, workspace: string): string {
  const file = resolve(workspace, path)
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file
  throw invalidInput(`The input ${input} is ${JSON.stringify(path)}, where there is no file.`)
}

function pruneKinds(kinds: string[]): string[] {
  const unknown = kinds.find((kind) => !preciousKinds.includes(kind))
  if (unknown === undefined) return kinds
  throw invalidInput(
    `The input prune-kinds has ${JSON.stringify(unknown)}; allowed are ${preciousKinds.join(', ')}: other kinds are pruned without being named.`,
  )
}

function kubectlVersion(version: string): string {
  const plain = version.replace(/^v/, '')
  if (version === 'path' || /^\d+\.\d+\.\d+$/.test(plain)) return plain
  throw invalidInput(
    `The input kubectl-version is ${JSON.stringify(version)}; allowed is path or a version such as 1.34.4.`,
  )
}

function distinct<Entry extends { name: string }>(input: string, entries: Entry[]): Entry[] {
  const twice = entries.find(({ name }, index) => entries.findIndex((other) => other.name === name) < index)
  if (twice === undefined) return entries
  throw invalidInput(`The input ${input} names ${JSON.stringify(twice.name)} twice; once is allowed.`)
}

/** The API allows up to 128 printable characters. */
function fieldManager(name: string): string {
  if (/^[\w.:/-]{1,100}$/.test(name)) return name
  throw invalidInput(
    `The input field-manager is ${JSON.stringify(name)}; allowed are up to 100 letters, digits, "_", ".", ":", "/" and "-".`,
  )
}

function address(input: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return text
  throw invalidInput(`The input ${input} is no http or https address.`)
}
