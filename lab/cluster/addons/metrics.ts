// The metrics API of `kubectl top` and the HorizontalPodAutoscaler, by metrics-server beside the control plane.
import { connect } from 'node:net'
import { adminKubeconfig, apply } from '../api.ts'
import { startComponent } from '../control-plane.ts'
import type { Layout } from '../layout.ts'
import { until } from '../processes.ts'

const port = 4443
const metadata = { name: 'metrics-server', namespace: 'kube-system' }

export async function startMetrics(layout: Layout): Promise<void> {
  const kubeconfig = adminKubeconfig(layout)
  startComponent(layout, 'metrics-server', [
    ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${kubeconfig}`),
    `--bind-address=${layout.gateway}`,
    `--secure-port=${port}`,
    `--cert-dir=${layout.folder}/pki-metrics-server`,
    // A kubelet here signs its certificate itself.
    '--kubelet-insecure-tls',
    '--kubelet-preferred-address-types=InternalIP',
    '--metric-resolution=10s',
    '--kubelet-request-timeout=5s',
  ])
  // While an announced API doesn't answer, namespaces aren't deleted and kubectl complains.
  await until('metrics-server listens', 30_000, () => accepts(layout.gateway))
  await apply(layout, 'metrics-server', objects(layout))
}

function objects({ gateway }: Layout): object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'https', port: 443, targetPort: port }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [gateway], conditions: { ready: true } }],
      ports: [{ name: 'https', port }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: metadata,
      },
    },
  ]
}

function accepts(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
