import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { programPath } from '../../../../lab/cluster/build.ts'

const execute = promisify(execFile)

/** Runs the lab's kubectl and gives its output. Rejects with what it says when it fails. */
export async function runKubectl(kubeconfig: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(programPath('kubectl'), [`--kubeconfig=${kubeconfig}`, ...args], {
    maxBuffer: 2 ** 28,
  })
  return stdout
}
