import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { createLog, type Log } from '../../../lib/action/log.ts'
import { childEnvironment, secretLikeValues } from '../../../lib/process/environment.ts'
import { createRedactor, type Redactor, URL_CREDENTIALS } from '../../../lib/process/redact.ts'
import { stopSignal } from '../../../lib/process/stop-signal.ts'
import { type OpenedStore, openStore } from '../../../lib/s3/open.ts'
import { type CatalogueKey, catalogueKey } from './catalogue/document.ts'
import { indexIdentity } from './catalogue/sealed-index.ts'
import { BackupError } from './failure.ts'
import type { Inputs } from './inputs.ts'
import type { Identities } from './pipeline/sealing.ts'
import { type Kubectl, openKubectl } from './places/kubectl.ts'
import { type Access, openPlace } from './places/open.ts'
import type { Place } from './places/place.ts'
import type { Location } from './sources/source.ts'
import { scratchSlot } from './state-slots.ts'

/** The edges of one run: everything that reads or changes the world outside, and what all parts share. */
export interface Session {
  inputs: Inputs
  context: RunContext
  log: Log
  /** Knows every secret that this run has met so far. */
  redact: Redactor
  /** The step's own environment, where sources find the values that they name. */
  stepEnv: Environment
  /** The environment of children. */
  env: Readonly<Record<string, string>>
  summaryFile: string | undefined
  /** A folder of this run's own (0700) that the post step deletes. */
  scratch: string
  store: OpenedStore
  keys: Keys
  /** Aborts when the run is cancelled, with an `interrupted` BackupError as reason. */
  stop: AbortSignal
  now(): Date
  /** Opens the place of a source; whoever opens it closes it. */
  openPlace(location: Location): Promise<Place>
  /** The cluster of kubeconfig and context. */
  kubectl: Kubectl
  close(): Promise<void>
}

export interface Keys {
  /** Proves manifests, verdicts and the log. */
  catalogue: CatalogueKey
  /** Opens indexes: the runner's own key and the user's identities. */
  index: Identities
  /** Opens data; empty when the run has no identity. */
  data: Identities
}

/** Opens the store. Throws a StoreError or BackupError when that can't be done. */
export async function openSession(inputs: Inputs, context: RunContext, env: Environment): Promise<Session> {
  const redact = createRedactor()
  const log = createLog(redact)
  learnSecrets(redact, inputs, env)
  const scratch = await mkdtemp(join(context.tempDirectory, 'ondol-backup-'))
  await chmod(scratch, 0o700)
  scratchSlot.save(scratch)
  const stopping = stopSignal(() => new BackupError('interrupted', 'The run was cancelled.'))
  try {
    const children = childEnvironment(env)
    const access = await accessOf(inputs, scratch)
    const store = await openStore(inputs.store, inputs.storeOptions)
    return {
      inputs,
      context,
      log,
      redact,
      stepEnv: env,
      env: children,
      summaryFile: env['GITHUB_STEP_SUMMARY'],
      scratch,
      store,
      keys: await keysOf(inputs),
      stop: stopping.signal,
      now: () => new Date(),
      kubectl: openKubectl(access, { signal: stopping.signal, env: children }),
      openPlace: (location) => openPlace(location, access, { signal: stopping.signal, env: children }),
      async close() {
        stopping.close()
        store.close()
      },
    }
  } catch (error) {
    stopping.close()
    await rm(scratch, { recursive: true, force: true })
    throw error
  }
}

function learnSecrets(redact: Redactor, inputs: Inputs, env: Environment): void {
  const { protection, access, token, restore, rehearsal, notify, heartbeatUrl } = inputs
  const addresses = [
    restore.databases,
    heartbeatUrl,
    ...notify,
    ...(rehearsal?.to ?? []).map((place) => ('url' in place ? place.url : undefined)),
  ]
  const secrets = [protection.indexKey, ...protection.identities, access.sshKey, access.kubeconfig, token, ...addresses]
  for (const secret of [...secrets, ...secretLikeValues(env), ...namedValues(inputs, env)]) {
    if (secret !== undefined) redact.add(secret)
  }
  redact.addPattern(URL_CREDENTIALS)
}

/** Values that sources name by variable, whatever these are called; users and hosts aren't secret. */
function namedValues({ sources }: Inputs, env: Environment): (string | undefined)[] {
  return sources.flatMap((source) => {
    if (!('server' in source)) return []
    const { urlEnv, passwordEnv } = source.server
    const url = urlEnv === undefined ? undefined : env[urlEnv]
    return [passwordEnv === undefined ? undefined : env[passwordEnv], url, URL.parse(url ?? '')?.password || undefined]
  })
}

async function accessOf({ access }: Inputs, scratch: string): Promise<Access> {
  const { kubeconfig, ...others } = access
  if (kubeconfig === undefined) return { ...others, scratch }
  const file = join(scratch, 'kubeconfig')
  await writeFile(file, kubeconfig, { mode: 0o600 })
  return { ...others, kubeconfig: file, scratch }
}

async function keysOf({ protection }: Inputs): Promise<Keys> {
  const { recipients, indexKey, identities } = protection
  const catalogue = catalogueKey(indexKey)
  if (recipients === 'none') return { catalogue, index: 'none', data: 'none' }
  const runner = indexKey === undefined ? [] : [await indexIdentity(indexKey)]
  return { catalogue, index: [...runner, ...identities], data: identities }
}
