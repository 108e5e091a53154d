// A worker is a machine of its own: network, mounts, processes and host name. Its power is the life of its PID 1.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execute } from '../provision/execute.ts'
import { programPath } from './build.ts'
import { makeCgroup, removeCgroups } from './cgroups.ts'
import type { Layout, WorkerLayout } from './layout.ts'
import { plugIn, unplug } from './network.ts'
import { findInit, killMarked, startDaemon, until } from './processes.ts'
import { containerdSocket, kubeletHealthPort, writeWorkerFiles } from './worker-files.ts'

/** What kubelet writes into the machine's kernel where it finds something else: here it finds a node's own files. */
const kernelSettings: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
}

/** Folders that programs write to without being told: each node has its own. */
const ownFolders = ['/run', '/var/lib', '/var/log']

/** Boots a worker up to containerd. What it had on its disk (images, volumes) is there again. */
export async function boot(layout: Layout, worker: WorkerLayout): Promise<void> {
  mkdirSync(worker.folder, { recursive: true })
  writeWorkerFiles(layout, worker)
  await plugIn(layout, worker)
  makeCgroup(worker.namespace)
  startDaemon({
    mark: worker.mark,
    log: join(worker.folder, 'boot.log'),
    file: 'nsenter',
    // `ip netns exec` would hide /sys/fs/cgroup.
    args: [
      `--net=/run/netns/${worker.namespace}`,
      ...[
        'unshare',
        '--mount',
        '--propagation=private',
        '--pid',
        '--fork',
        '--kill-child=KILL',
        '--mount-proc',
        '--uts',
      ],
      ...['tini', '--', 'sleep', 'infinity'],
    ],
  })
  await until(`${worker.name} boots`, 10_000, () => isBooted(worker))
  await prepareSystem(worker)
  // A socket of the time before a power loss is on the disk still.
  rmSync(containerdSocket(worker), { force: true })
  startInside(worker, 'containerd', ['--config', join(worker.folder, 'containerd.toml')])
  await until(`containerd of ${worker.name} listens`, 20_000, () => isSocket(containerdSocket(worker)))
}

/** Lets a booted worker join the cluster; its kubelet is healthy when this resolves. */
export async function joinCluster(layout: Layout, worker: WorkerLayout): Promise<void> {
  startInside(worker, programPath('kube-proxy'), [`--config=${join(worker.folder, 'kube-proxy.yaml')}`])
  let hasEnded = startKubelet(layout, worker)
  await until(`the kubelet of ${worker.name} is healthy`, 40_000, async () => {
    // It gives up where containerd listens but isn't ready yet; on a common machine systemd would start it again.
    if (hasEnded()) hasEnded = startKubelet(layout, worker)
    return isHealthy(worker)
  })
}

function startKubelet(layout: Layout, worker: WorkerLayout): () => boolean {
  const file = (name: string): string => join(worker.folder, name)
  return startInside(worker, programPath('kubelet'), [
    `--config=${file('kubelet.yaml')}`,
    `--kubeconfig=${join(layout.folder, `${worker.name}.kubeconfig`)}`,
    `--hostname-override=${worker.name}`,
    `--node-ip=${worker.address}`,
    `--root-dir=${file('kubelet')}`,
    `--cert-dir=${file('pki')}`,
  ])
}

async function isHealthy({ address }: WorkerLayout): Promise<boolean> {
  const reply = await fetch(`http://${address}:${kubeletHealthPort}/healthz`).catch(() => undefined)
  return reply?.ok === true
}

/** Cuts a worker's power. Its disk stays. */
export async function cutPower(worker: WorkerLayout): Promise<void> {
  await killMarked(worker.mark)
  await unplug(worker)
  await removeCgroups(worker.namespace)
}

export function hasPower(worker: WorkerLayout): boolean {
  return findInit(worker.mark) !== undefined
}

function isBooted({ mark }: WorkerLayout): boolean {
  const init = findInit(mark)
  // The process becomes tini when its namespaces and its /proc are made.
  return init !== undefined && readFileSync(`/proc/${init}/comm`, 'utf8').trim() === 'tini'
}

async function prepareSystem(worker: WorkerLayout): Promise<void> {
  const run = (file: string, ...args: string[]) => execute('nsenter', [...enter(worker), file, ...args])
  await run('busybox', 'hostname', worker.name)
  // Volumes mounted later are seen in containers that ask for it.
  await run('mount', '--make-rshared', '/')
  for (const folder of ownFolders) await run('mount', '-t', 'tmpfs', 'tmpfs', folder)
  await run('mkdir', '-p', '/run/netns', '/run/lock')
  for (const [name, value] of Object.entries(kernelSettings)) {
    const file = join(worker.folder, name.replaceAll('/', '.'))
    writeFileSync(file, `${value}\n`)
    await run('mount', '--bind', file, `/proc/sys/${name}`)
  }
  await run('busybox', 'sysctl', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0')
}

function startInside(worker: WorkerLayout, file: string, args: readonly string[]): () => boolean {
  const log = join(worker.folder, `${basename(file)}.log`)
  return startDaemon({ mark: worker.mark, log, file: 'nsenter', args: [...enter(worker), file, ...args] })
}

function enter(worker: WorkerLayout): string[] {
  return [`--target=${findInit(worker.mark)}`, '--mount', '--net', '--pid', '--uts', '--']
}

function isSocket(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isSocket() ?? false
}
