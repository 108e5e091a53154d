// The configuration of a worker's programs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { pauseImage } from './base-images.ts'
import { programPath } from './build.ts'
import { type Layout, registryAddress, type WorkerLayout } from './layout.ts'

export const kubeletHealthPort = 10248

/** containerd listens here: one file system for all, so the host reaches it, too. */
export function containerdSocket({ folder }: WorkerLayout): string {
  return join(folder, 'containerd.sock')
}

export function writeWorkerFiles(layout: Layout, worker: WorkerLayout): void {
  const file = (name: string, text: string): void => {
    const path = join(worker.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  file('containerd.toml', containerdConfig(worker))
  // The registry stands for every other one: a pull never leaves the machine. containerd 1.6 wants a table `host`, too.
  file('registries/_default/hosts.toml', `server = "http://${registryAddress(layout)}"\n[host]\n`)
  file('cni/10-ptp.conflist', JSON.stringify(networkConfig(worker)))
  file('kubelet.yaml', stringify(kubeletConfig(layout, worker)))
  file('kube-proxy.yaml', stringify(proxyConfig(layout, worker)))
}

function containerdConfig(worker: WorkerLayout): string {
  const { folder } = worker
  return `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "${containerdSocket(worker)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # In some sandboxes even root may not lower a process's score.
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${dirname(programPath('ptp'))}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${folder}/registries"
`
}

function networkConfig({ podRange }: WorkerLayout): object {
  const ranges = [[{ subnet: podRange }]]
  const ipam = { type: 'host-local', dataDir: '/run/ipam', ranges, routes: [{ dst: '0.0.0.0/0' }] }
  return { cniVersion: '0.4.0', name: 'lab', plugins: [{ type: 'ptp', ipMasq: false, ipam }] }
}

function kubeletConfig(layout: Layout, worker: WorkerLayout): object {
  const { folder, address, namespace } = worker
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    healthzBindAddress: address,
    healthzPort: kubeletHealthPort,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${containerdSocket(worker)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${namespace}`,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    resolvConf: '',
    clusterDomain: 'cluster.local',
    clusterDNS: [layout.gateway],
    podLogsDir: join(folder, 'pod-logs'),
    volumePluginDir: join(folder, 'volume-plugins'),
    nodeStatusUpdateFrequency: '2s',
    nodeStatusReportFrequency: '10s',
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  }
}

function proxyConfig(layout: Layout, { name, address }: WorkerLayout): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: name,
    clusterCIDR: layout.podRange,
    bindAddress: address,
    healthzBindAddress: '',
    metricsBindAddress: '127.0.0.1:10249',
    clientConnection: { kubeconfig: join(layout.folder, 'kube-proxy.kubeconfig') },
    nodePortAddresses: ['primary'],
    // The table's size is the whole machine's.
    conntrack: { maxPerCore: 0, min: 0 },
  }
}
