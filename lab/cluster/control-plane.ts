// etcd, API server, controller manager and scheduler: processes of the host, listening on the cluster's bridge.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from '../provision/execute.ts'
import { adminKubeconfig, apply, kubectl, writeKubeconfig } from './api.ts'
import { programPath } from './build.ts'
import type { Layout } from './layout.ts'
import { startDaemon, until } from './processes.ts'

interface User {
  kubeconfig: string
  name: string
  group?: string
}

/** How soon a silent node counts as lost and its pods as to be replaced: seconds, so that tests needn't wait minutes. */
const nodeGrace = '12s'
const tolerationSeconds = 5

/** Starts the control plane and gives every component, every worker and the administrator a kubeconfig. */
export async function startControlPlane(layout: Layout): Promise<void> {
  const { folder } = layout
  mkdirSync(join(folder, 'pki'))
  const tokens = usersOf(layout).map((user) => ({ ...user, token: randomBytes(24).toString('hex') }))
  writeFileSync(join(folder, 'tokens.csv'), tokens.map(tokenLine).join(''), { mode: 0o600 })
  writeServiceAccountKey(layout)
  await writeAggregationCertificates(layout)
  startComponent(layout, 'etcd', etcdFlags(layout))
  startComponent(layout, 'kube-apiserver', apiServerFlags(layout))
  await until('the API server has its certificate', 30_000, () => certificateOf(layout) !== undefined)
  const certificate = certificateOf(layout) ?? Buffer.of()
  for (const { kubeconfig, token } of tokens) writeKubeconfig(layout, kubeconfig, token, certificate)
  await until('the API server is ready', 60_000, () => isReady(layout))
  startComponent(layout, 'kube-controller-manager', controllerManagerFlags(layout))
  startComponent(layout, 'kube-scheduler', schedulerFlags(layout))
  await apply(layout, 'kube-proxy', [proxyBinding])
}

/** A process of the control plane's side. */
export function startComponent(layout: Layout, name: string, flags: readonly string[]): void {
  startDaemon({
    mark: layout.mark,
    log: join(layout.folder, 'logs', `${name}.log`),
    file: programPath(name),
    args: flags,
  })
}

function usersOf({ workers }: Layout): User[] {
  return [
    { kubeconfig: 'admin', name: 'admin', group: 'system:masters' },
    { kubeconfig: 'kube-controller-manager', name: 'system:kube-controller-manager' },
    { kubeconfig: 'kube-scheduler', name: 'system:kube-scheduler' },
    { kubeconfig: 'kube-proxy', name: 'system:kube-proxy' },
    ...workers.map(({ name }) => ({ kubeconfig: name, name: `system:node:${name}`, group: 'system:nodes' })),
  ]
}

function tokenLine({ token, name, group }: User & { token: string }): string {
  return `${token},${name},${name}${group === undefined ? '' : `,"${group}"`}\n`
}

function writeServiceAccountKey({ folder }: Layout): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(folder, 'pki/service-accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), {
    mode: 0o600,
  })
}

/** By these the API server proves itself to an API served elsewhere, such as that of metrics. */
async function writeAggregationCertificates({ folder }: Layout): Promise<void> {
  const make = (name: string, ...signing: string[]) =>
    execute('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'],
      ...['-subj', `/CN=${name}`, '-keyout', join(folder, `pki/${name}.key`), '-out', join(folder, `pki/${name}.crt`)],
      ...signing,
    ])
  await make('front-proxy-ca')
  await make(
    'front-proxy-client',
    '-CA',
    join(folder, 'pki/front-proxy-ca.crt'),
    '-CAkey',
    join(folder, 'pki/front-proxy-ca.key'),
  )
}

function etcdFlags({ folder, etcd }: Layout): string[] {
  const [client, peer] = [`http://${etcd}:2379`, `http://${etcd}:2380`]
  return [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // A lab's data needn't outlive the machine's power.
    '--unsafe-no-fsync',
  ]
}

function apiServerFlags({ folder, gateway, etcd, serviceRange }: Layout): string[] {
  const key = join(folder, 'pki/service-accounts.key')
  return [
    `--etcd-servers=http://${etcd}:2379`,
    `--bind-address=${gateway}`,
    `--advertise-address=${gateway}`,
    '--secure-port=6443',
    `--cert-dir=${folder}/pki`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${folder}/tokens.csv`,
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${key}`,
    `--service-account-key-file=${key}`,
    `--default-not-ready-toleration-seconds=${tolerationSeconds}`,
    `--default-unreachable-toleration-seconds=${tolerationSeconds}`,
    `--requestheader-client-ca-file=${folder}/pki/front-proxy-ca.crt`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${folder}/pki/front-proxy-client.crt`,
    `--proxy-client-key-file=${folder}/pki/front-proxy-client.key`,
    // Webhooks and aggregated APIs are reached by their pods' addresses: the control plane has no kube-proxy.
    '--enable-aggregator-routing=true',
  ]
}

function controllerManagerFlags(layout: Layout): string[] {
  return [
    ...delegatedFlags(layout, 'kube-controller-manager'),
    '--use-service-account-credentials',
    `--service-account-private-key-file=${layout.folder}/pki/service-accounts.key`,
    `--root-ca-file=${layout.folder}/pki/apiserver.crt`,
    '--node-monitor-period=1s',
    `--node-monitor-grace-period=${nodeGrace}`,
    '--horizontal-pod-autoscaler-sync-period=5s',
    // Else it makes its own below /usr.
    `--flex-volume-plugin-dir=${layout.folder}/volume-plugins`,
  ]
}

function schedulerFlags(layout: Layout): string[] {
  return delegatedFlags(layout, 'kube-scheduler')
}

function delegatedFlags({ folder, gateway }: Layout, name: string): string[] {
  const kubeconfig = join(folder, `${name}.kubeconfig`)
  return [
    ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${kubeconfig}`),
    `--bind-address=${gateway}`,
    '--leader-elect=false',
    `--cert-dir=${folder}/pki-${name}`,
  ]
}

const proxyBinding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'lab:kube-proxy' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-proxy' }],
}

function certificateOf({ folder }: Layout): Buffer | undefined {
  try {
    // The key is written after the certificate.
    readFileSync(join(folder, 'pki/apiserver.key'))
    return readFileSync(join(folder, 'pki/apiserver.crt'))
  } catch {
    return undefined
  }
}

async function isReady(layout: Layout): Promise<boolean> {
  try {
    return (await kubectl(adminKubeconfig(layout), 'get', '--raw=/readyz')).trim() === 'ok'
  } catch {
    return false
  }
}
