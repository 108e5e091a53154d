import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { RunContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { createLog, type Log } from '../../../lib/action/log.ts'
import { createClient, type GitHub } from '../../../lib/github/client.ts'
import { childEnvironment, secretLikeValues } from '../../../lib/process/environment.ts'
import { createRedactor, type Redactor, URL_CREDENTIALS } from '../../../lib/process/redact.ts'
import { type ClosableProcessRunner, createProcessRunner } from '../../../lib/process/run.ts'
import { stopSignal } from '../../../lib/process/stop-signal.ts'
import { explainApiError } from './cluster/explain.ts'
import { findKubectl, type OpenCluster, openCluster } from './cluster/index.ts'
import { DeployError } from './failure.ts'
import type { Inputs } from './inputs.ts'
import { scratchSlot } from './state-slots.ts'

/** The edges of one run: everything that reads or changes the world outside, and what all parts share. */
export interface Session {
  inputs: Inputs
  context: RunContext
  /** Whose set it is: the event's commit, or that of the revision that is gone back to. */
  commit: string
  github: GitHub
  log: Log
  /** Knows every secret that this run has met so far. */
  redact: Redactor
  processes: ClosableProcessRunner
  /** The step's own environment, where the input secrets finds its values. */
  stepEnv: Environment
  /** The environment of children. */
  env: Readonly<Record<string, string>>
  summaryFile: string | undefined
  /** A folder of this run's own (0700) that the post step deletes. */
  scratch: string
  /** Path of the program. */
  kubectl: string
  /** Aborts when the run is cancelled, with an `interrupted` DeployError as reason. */
  stop: AbortSignal
  cluster: OpenCluster
  namespace: string
  close(): Promise<void>
}

/** Connects. Throws a DeployError (`unreachable`, `unauthorized`, `invalid-input`) when that can't be done. */
export async function openSession(inputs: Inputs, context: RunContext, env: Environment): Promise<Session> {
  const redact = createRedactor()
  const log = createLog(redact)
  await learnSecrets(redact, inputs, env)
  const scratch = await mkdtemp(join(context.tempDirectory, 'ondol-k8s-'))
  await chmod(scratch, 0o700)
  scratchSlot.save(scratch)
  const processes = createProcessRunner()
  const stopping = stopSignal(() => new DeployError({ reason: 'interrupted', message: 'The run was cancelled.' }))
  try {
    const children = childEnvironment(env)
    const kubectl = await findKubectl(inputs.access.kubectlVersion, { processes, env: children })
    const kubeconfig = await kubeconfigFile(inputs, scratch)
    const connection = { kubectl, kubeconfig, context: inputs.access.context, env: children, processes }
    const cluster = await openCluster(connection).catch((error: unknown) => {
      throw explainApiError(error)
    })
    return {
      inputs,
      context,
      commit: context.sha,
      github: createClient({
        token: inputs.token,
        repository: { owner: context.repository.owner, repo: context.repository.name },
        apiUrl: context.apiUrl,
      }),
      log,
      redact,
      processes,
      stepEnv: env,
      env: children,
      summaryFile: env['GITHUB_STEP_SUMMARY'],
      scratch,
      kubectl,
      stop: stopping.signal,
      cluster,
      namespace: inputs.namespace ?? cluster.contextNamespace ?? 'default',
      async close() {
        stopping.close()
        processes.close()
        await cluster.close()
      },
    }
  } catch (error) {
    stopping.close()
    processes.close()
    await rm(scratch, { recursive: true, force: true })
    throw error
  }
}

async function learnSecrets(
  redact: Redactor,
  { access, token, digestKey, redact: patterns }: Inputs,
  env: Environment,
) {
  const kubeconfig =
    access.kubeconfig.kind === 'content'
      ? access.kubeconfig.content
      : access.kubeconfig.kind === 'file'
        ? await readFile(access.kubeconfig.path, 'utf8')
        : ''
  for (const secret of [token, digestKey, ...secretLikeValues(env), ...credentialsIn(kubeconfig)]) {
    if (secret !== undefined) redact.add(secret)
  }
  for (const pattern of [URL_CREDENTIALS, ...patterns]) redact.addPattern(pattern)
}

/** Of every user in a kubeconfig: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo */
const CREDENTIALS = ['token', 'password', 'client-key-data']

interface AuthInfo extends Record<string, unknown> {
  exec?: { env?: { name: string; value: string }[] | null }
}

function credentialsIn(kubeconfig: string): string[] {
  try {
    const { users } = (parse(kubeconfig, { logLevel: 'silent' }) ?? {}) as { users?: { user?: AuthInfo }[] }
    return (users ?? []).flatMap(({ user }) => (user ? credentialsOf(user) : []))
  } catch {
    // kubectl will say what is wrong with it.
    return []
  }
}

/** Its own, and those that it gives to its plugin. */
function credentialsOf(user: AuthInfo): string[] {
  const own = CREDENTIALS.flatMap((name) => (typeof user[name] === 'string' ? [user[name]] : []))
  const plugins = (user.exec?.env ?? []).map(({ name, value }) => [name, value] as const)
  return [...own, ...secretLikeValues(Object.fromEntries(plugins))]
}

async function kubeconfigFile({ access }: Inputs, scratch: string): Promise<string | undefined> {
  const { kubeconfig } = access
  if (kubeconfig.kind === 'found') return undefined
  if (kubeconfig.kind === 'file') return kubeconfig.path
  const file = join(scratch, 'kubeconfig')
  await writeFile(file, kubeconfig.content, { mode: 0o600 })
  return file
}
