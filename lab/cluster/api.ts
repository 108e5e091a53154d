// Access to a cluster's API server: kubeconfigs, and kubectl of the cluster's own version.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { execute } from '../provision/execute.ts'
import { programPath } from './build.ts'
import { apiServer, type Layout } from './layout.ts'

/** Runs kubectl to its end and gives its output; throws an Error with kubectl's own words. */
export function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const own = programPath('kubectl')
  // For a cluster that the user gives, nothing need have been compiled.
  return execute(existsSync(own) ? own : 'kubectl', [`--kubeconfig=${kubeconfig}`, ...args])
}

/** Creates or changes objects. */
export async function apply(layout: Layout, name: string, objects: readonly object[]): Promise<void> {
  const file = join(layout.folder, `${name}.yaml`)
  writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'))
  await kubectl(adminKubeconfig(layout), 'apply', '--server-side', '--filename', file)
}

export function adminKubeconfig({ folder }: Layout): string {
  return join(folder, 'admin.kubeconfig')
}

/** Writes `<name>.kubeconfig`, whole in itself: it holds the certificate, so that it may be copied. */
export function writeKubeconfig(layout: Layout, name: string, token: string, certificate: Buffer): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab',
        cluster: { server: apiServer(layout), 'certificate-authority-data': certificate.toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: name } }],
    'current-context': 'lab',
  }
  writeFileSync(join(layout.folder, `${name}.kubeconfig`), stringify(config), { mode: 0o600 })
}
