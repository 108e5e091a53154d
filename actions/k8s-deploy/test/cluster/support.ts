// What the tests of the connection share: open clusters, own namespaces, and a server between that makes faults.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programPath } from '../../../../lab/cluster/build.ts'
import { type ClosableProcessRunner, createProcessRunner } from '../../../../lib/process/run.ts'
import { type Connection, connect } from '../../src/cluster/connection.ts'
import { type OpenCluster, type OpenOptions, openCluster } from '../../src/cluster/index.ts'
import type { KubeObject, Ref } from '../../src/kube/objects.ts'

export const kubectlProgram = programPath('kubectl')
export const environment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }

export interface Bench {
  kubeconfig: string
  cluster: OpenCluster
  /** Deleted at the end. */
  namespace: string
  folder: string
  processes: ClosableProcessRunner
  open(options?: Partial<OpenOptions>): Promise<OpenCluster>
  /** Path of a kubeconfig; without a token it has no user. */
  writeKubeconfig(server: string, token?: string): string
  kubectl(...args: string[]): Promise<string>
  close(): Promise<void>
}

export async function openBench(kubeconfig: string): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-bench-'))
  const processes = createProcessRunner()
  const opened: OpenCluster[] = []
  const open = async (options: Partial<OpenOptions> = {}): Promise<OpenCluster> => {
    const defaults = { kubectl: kubectlProgram, kubeconfig, context: undefined, env: environment, processes }
    const cluster = await openCluster({ ...defaults, ...options })
    opened.push(cluster)
    return cluster
  }
  const cluster = await open()
  const namespace = `t-cluster-${randomBytes(4).toString('hex')}`
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    kubeconfig,
    cluster,
    namespace,
    folder,
    processes,
    open,
    writeKubeconfig(server, token) {
      const file = join(folder, `${randomBytes(4).toString('hex')}.json`)
      const user = token === undefined ? {} : { token }
      writeFileSync(file, JSON.stringify(kubeconfigOf(server, user)), { mode: 0o600 })
      return file
    },
    kubectl: async (...args) =>
      (await promisify(execFile)(kubectlProgram, [`--kubeconfig=${kubeconfig}`, ...args])).stdout,
    async close() {
      await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: namespace })
      await Promise.all(opened.map((each) => each.close()))
      processes.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function kubeconfigOf(server: string, user: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'insecure-skip-tls-verify': server.startsWith('https') } }],
    users: [{ name: 'tester', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'tester', namespace: 'from-context' } }],
    'current-context': 'lab',
  }
}

export function configMap(namespace: string, name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data }
}

export function configMapRef(namespace: string, name: string): Ref {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name }
}

/** Handles a request in the API's place; false leaves it to the API. `pass` gives it the API's answer, to be lost. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  pass: (answered: (answer: IncomingMessage) => void) => void,
) => boolean

export interface FaultServer {
  origin: string
  /** `GET /api/v1/…`, in order. */
  requests: string[]
  /** Stands until the next call. */
  fault(fault: Fault | undefined): void
  close(): Promise<void>
}

/** A server before the real API that does as it should, or as told. */
export async function startFaultServer(kubeconfig: string): Promise<FaultServer> {
  const backend = await connect({ kubectl: kubectlProgram, kubeconfig, context: undefined, env: environment })
  const requests: string[] = []
  let current: Fault | undefined
  const server = createServer((incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    const pass = (answered: (answer: IncomingMessage) => void): void => passOn(backend, incoming, answered)
    if (current?.(incoming, response, pass)) return
    pass((answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
      response.on('close', () => answer.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: (fault) => {
      current = fault
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await backend.close()
    },
  }
}

function passOn(backend: Connection, incoming: IncomingMessage, answered: (answer: IncomingMessage) => void): void {
  const { method, url, headers } = incoming
  const { authorization: _, ...others } = headers
  const options = { socketPath: backend.socketPath, method, path: url, headers: { ...others, host: 'localhost' } }
  const onward = request(options, answered)
  onward.on('error', () => incoming.destroy())
  incoming.pipe(onward)
}

/** What the API would say. */
export function sayStatus(response: ServerResponse, code: number, reason: string, headers: object = {}): true {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `said ${code}`, reason, code }
  response.writeHead(code, { 'content-type': 'application/json', 'audit-id': 'x', ...headers })
  response.end(JSON.stringify(status))
  return true
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}
