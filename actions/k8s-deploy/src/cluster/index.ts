import type { ProcessRunner } from '../../../../lib/process/run.ts'
import { createObjects } from './client.ts'
import { createClock } from './clock.ts'
import type { Cluster } from './cluster.ts'
import { type ConnectionOptions, connect } from './connection.ts'
import { contextNamespace } from './context.ts'
import { createDiscovery } from './discovery.ts'
import { createTransport } from './http.ts'
import { list } from './list.ts'
import { followLogs, logs } from './logs.ts'
import { BUDGET_MS, withRetries } from './retry.ts'
import { watch } from './watch.ts'

export { ApiError, isAbsent, isForbidden } from './api-error.ts'
export { findKubectl } from './kubectl.ts'

export interface OpenOptions extends ConnectionOptions {
  processes: ProcessRunner
  /** How long a request is tried again. Default 30 s. */
  budgetMs?: number
}

export interface OpenCluster extends Cluster {
  /** Process id of the `kubectl proxy` that holds the connection. */
  pid: number
  /** The namespace that the context names; `undefined` when it names none. */
  contextNamespace: string | undefined
}

/**
 * Connects to the cluster and makes sure that it answers.
 * @throws ApiError when it doesn't, or doesn't take the credentials
 */
export async function openCluster(options: OpenOptions): Promise<OpenCluster> {
  const { budgetMs = BUDGET_MS } = options
  const [connection, namespace] = await Promise.all([connect(options), contextNamespace(options)])
  const closing = new AbortController()
  const clock = createClock()
  const transport = createTransport(connection, clock)
  const getJson = async (path: string): Promise<unknown> => {
    const send = () => transport.send({ method: 'GET', path, signal: closing.signal })
    return JSON.parse(await withRetries(send, { budgetMs, signal: closing.signal }))
  }
  const discovery = createDiscovery(getJson)
  const api = { transport, discovery, closing: closing.signal, budgetMs }
  const objects = createObjects(api)

  async function close(): Promise<void> {
    closing.abort()
    transport.close()
    await connection.close()
  }

  try {
    // Asked here because everybody needs it, and because it is the first word that is heard of the server.
    await discovery.resourceOf({ apiVersion: 'v1', kind: 'Pod' })
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...objects,
    pid: connection.pid,
    contextNamespace: namespace,
    now: clock.now,
    resourceOf: discovery.resourceOf,
    list: (query, options) => list(api, query, options),
    watch: (query, handlers, signal) => watch(api, query, handlers, signal),
    logs: (query) => logs(api, query),
    followLogs: (query, onLine, signal) => followLogs(api, query, () => isRunning(query), onLine, signal),
    close,
  }

  async function isRunning({ namespace, pod, container }: { namespace: string; pod: string; container: string }) {
    const found = await objects.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod })
    const status = found?.['status'] as PodStatus | undefined
    const containers = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
    return containers.some(({ name, state }) => name === container && state?.running !== undefined)
  }
}

interface PodStatus {
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
}

interface ContainerStatus {
  name: string
  state?: { running?: object }
}
