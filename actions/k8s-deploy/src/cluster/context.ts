import { readFile } from 'node:fs/promises'
import type { ProcessRunner } from '../../../../lib/process/run.ts'
import type { ConnectionOptions } from './connection.ts'

/** Where a pod finds the namespace that it runs in. kubectl falls back to the pod's own account, and so do we. */
const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/** The namespace that the kubeconfig's context names, or that of the pod we run in; `undefined` when there is none. */
export async function contextNamespace(
  options: ConnectionOptions & { processes: ProcessRunner },
): Promise<string | undefined> {
  const { kubectl, kubeconfig, context, env, processes } = options
  const args = ['config', 'view', '--minify', '--output=jsonpath={..namespace}']
  if (kubeconfig !== undefined) args.push(`--kubeconfig=${kubeconfig}`)
  if (context !== undefined) args.push(`--context=${context}`)
  const { code, stdout } = await processes.run({ file: kubectl, args, env, evenIfInterrupted: true })
  if (code === 0) return stdout.trim() || undefined
  const own = kubeconfig === undefined ? await readFile(POD_NAMESPACE, 'utf8').catch(() => '') : ''
  return own.trim() || undefined
}
