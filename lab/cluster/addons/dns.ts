// Names of Services and pods, by CoreDNS beside the control plane: a worker's power loss takes no names away.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminKubeconfig } from '../api.ts'
import { startComponent } from '../control-plane.ts'
import type { Layout } from '../layout.ts'

export function startDns(layout: Layout): void {
  const file = join(layout.folder, 'Corefile')
  writeFileSync(
    file,
    `.:53 {
  bind ${layout.gateway}
  errors
  cache 5
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${adminKubeconfig(layout)}
    pods insecure
    ttl 5
  }
}
`,
  )
  startComponent(layout, 'coredns', ['-conf', file])
}
