import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { programPath } from '../../../../lab/cluster/build.ts'
import { useCluster } from '../../../../lab/cluster/index.ts'
import { createProcessRunner } from '../../../../lib/process/run.ts'
import { type OpenCluster, openCluster } from '../../src/cluster/index.ts'

const run = promisify(execFile)

/** A namespace of a test's own on a real cluster, and the API as the action speaks it. */
export interface OwnNamespace {
  cluster: OpenCluster
  namespace: string
  kubectl(...args: string[]): Promise<string>
  kubectlWithInput(input: string, ...args: string[]): Promise<string>
  close(): Promise<void>
}

export async function openNamespace(topic: string): Promise<OwnNamespace> {
  const lab = await useCluster({ workers: 2 })
  const namespace = `t-${topic}-${randomBytes(4).toString('hex')}`
  const processes = createProcessRunner()
  const environment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  const cluster = await openCluster({
    kubectl: programPath('kubectl'),
    kubeconfig: lab.kubeconfig,
    context: undefined,
    env: environment,
    processes,
  })
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
