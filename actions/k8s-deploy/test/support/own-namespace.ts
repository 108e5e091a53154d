import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { programPath } from '../../../../lab/cluster/build.ts'
import { useCluster } from '../../../../lab/cluster/index.ts'
import { createProcessRunner, type ProcessRunner } from '../../../../lib/process/run.ts'
import { type OpenCluster, openCluster } from '../../src/cluster/index.ts'

const run = promisify(execFile)

/** A namespace of a test's own on a real cluster, and the API as the action speaks it. */
export interface OwnNamespace {
  cluster: OpenCluster
  namespace: string
  kubeconfig: string
  processes: ProcessRunner
  kubectl(...args: string[]): Promise<string>
  kubectlWithInput(input: string, ...args: string[]): Promise<string>
  close(): Promise<void>
}

const environment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }

export function connect(processes: ProcessRunner, kubeconfig: string): Promise<OpenCluster> {
  return openCluster({ processes, kubectl: programPath('kubectl'), kubeconfig, context: undefined, env: environment })
}

export async function openNamespace(topic: string): Promise<OwnNamespace> {
  const lab = await useCluster({ workers: 2 })
  const namespace = `t-${topic}-${randomBytes(4).toString('hex')}`
  const processes = createProcessRunner()
  const cluster = await connect(processes, lab.kubeconfig)
  const kubectlWithInput = async (input: string, ...args: string[]): Promise<string> => {
    const given = [`--kubeconfig=${lab.kubeconfig}`, `--namespace=${namespace}`, ...args]
    const running = run(programPath('kubectl'), given, { env: environment })
    running.child.stdin?.end(input)
    return (await running).stdout
  }
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    cluster,
    namespace,
    kubeconfig: lab.kubeconfig,
    processes,
    kubectl: (...args) => kubectlWithInput('', ...args),
    kubectlWithInput,
    async close() {
      await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: namespace })
      await cluster.close()
      await processes.close()
      await lab.close()
    },
  }
}
