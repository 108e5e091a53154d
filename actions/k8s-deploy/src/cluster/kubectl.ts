import type { ProcessRunner } from '../../../../lib/process/run.ts'
import { createDownload, type Download } from '../../../../lib/tools/download.ts'
import { installFile } from '../../../../lib/tools/install-file.ts'
import { findOnPath, programVersion } from '../../../../lib/tools/on-path.ts'
import { DeployError } from '../failure.ts'

/** The edges: how programs are run, and where releases come from. */
export interface FindDeps {
  processes: ProcessRunner
  env: Readonly<Record<string, string>>
  download?: Download
}

/** The path of the kubectl to use: `wanted` is `path`, or an exact version without `v`. */
export async function findKubectl(wanted: string, deps: FindDeps): Promise<string> {
  const onPath = findOnPath('kubectl')
  if (wanted === 'path') return onPath ?? missing()
  if (onPath !== undefined && (await versionOf(onPath, deps)) === wanted) return onPath
  return install(wanted, deps)
}

function versionOf(file: string, { processes, env }: FindDeps): Promise<string | undefined> {
  const command = { file, args: ['version', '--client', '--output=json'], env }
  return programVersion(processes, command, /"gitVersion":\s*"v([^"]+)"/)
}

/** Where Kubernetes publishes it: https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/ */
function install(version: string, { download = createDownload() }: FindDeps) {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const url = `https://dl.k8s.io/release/v${version}/bin/${process.platform}/${architecture}/kubectl`
  return installFile({ name: 'kubectl', program: 'kubectl', version, url, checksumUrl: `${url}.sha256` }, download)
}

function missing(): never {
  throw new DeployError({
    reason: 'invalid-input',
    message: 'There is no kubectl on PATH.',
    remedy: 'Set the input kubectl-version, or run azure/setup-kubectl before this step.',
  })
}
