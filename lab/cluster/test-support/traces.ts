// What a cluster could leave on a machine, to be compared before and after. Other clusters may come and go meanwhile.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from '../../provision/execute.ts'

/** Folders that Kubernetes' programs make where nobody tells them otherwise. */
const usualPlaces = [
  ...[
    '/etc/cni',
    '/opt/cni',
    '/opt/containerd',
    '/run/containerd',
    '/run/netns',
    '/run/runc',
    '/usr/libexec/kubernetes',
  ],
  ...['/var/lib/cni', '/var/lib/containerd', '/var/lib/kubelet', '/var/log/containers', '/var/log/pods'],
]

const kernelSettings = [
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops', 'kernel/keys/root_maxkeys'],
  ...['net/ipv4/ip_forward', 'net/ipv4/conf/all/rp_filter', 'net/netfilter/nf_conntrack_max'],
]

export interface Traces {
  links: string[]
  routes: string[]
  namespaces: string[]
  nftables: string[]
  mounts: string[]
  cgroups: string[]
  /** Addresses and ports that something listens at */
  listeners: string[]
  folders: string[]
  settings: string[]
}

export async function traces(): Promise<Traces> {
  return {
    links: lines(await execute('ip', ['-brief', 'link'])).map((line) => line.split(/[ @]/)[0] ?? ''),
    routes: lines(await execute('ip', ['route'])),
    namespaces: lines(await execute('ip', ['netns', 'list'])),
    nftables: lines(await execute('nft', ['list', 'tables'])),
    mounts: lines(readFileSync('/proc/mounts', 'utf8')),
    cgroups: cgroups(),
    listeners: listeners(),
    folders: usualPlaces.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined),
    settings: kernelSettings.map((name) => `${name} ${read(join('/proc/sys', name)).trim()}`),
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** At the top of each hierarchy: whatever is made in a wrong place begins there, and deeper ones are the machine's affair. */
function cgroups(): string[] {
  const hierarchies = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))
  return [...hierarchies, ...hierarchies.flatMap(foldersIn)].sort()
}

function foldersIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name))
}

function listeners(): string[] {
  return lines(read('/proc/net/tcp'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === '0A')
    .map(([, local = '']) => readable(local))
    .filter((address) => address.startsWith('10.21') || address.startsWith('127.210.'))
    .sort()
}

/** `0100D20A:192B`, with the address's bytes backwards, → `10.210.0.1:6443` */
function readable(local: string): string {
  const [address = '', port = ''] = local.split(':')
  return `${[...Buffer.from(address, 'hex').reverse()].join('.')}:${Number.parseInt(port, 16)}`
}

/** Without what other slots' clusters have. */
export function ofSlot(all: Traces, slot: number): Traces {
  const other = new RegExp(`ondol(?!${slot})\\d|10\\.21(?!${slot})\\d\\.|127\\.210\\.(?!${slot})\\d`)
  const own = Object.entries(all).map(([name, found]: [string, string[]]) => [
    name,
    found.filter((line) => !other.test(line)),
  ])
  return Object.fromEntries(own) as Traces
}

export interface SeenProcess {
  pid: string
  started: string
  name: string
}

/** Every process of a cluster that lives, in containers and outside: by its cgroup, its mark, or its PID namespace. */
export function clusterProcesses(slot: number): SeenProcess[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const marked = pids.filter((pid) => read(`/proc/${pid}/environ`).includes(`ONDOL_LAB_CLUSTER=ondol${slot}`))
  const namespaces = new Set(marked.map(pidNamespace).filter((id) => id !== pidNamespace('self')))
  return pids
    .filter(
      (pid) =>
        marked.includes(pid) ||
        namespaces.has(pidNamespace(pid)) ||
        read(`/proc/${pid}/cgroup`).includes(`:/ondol${slot}-`),
    )
    .map((pid) => ({ pid, started: started(pid), name: read(`/proc/${pid}/comm`).trim() }))
}

/** Which of them live still: neither gone nor waiting for a parent to notice. */
export function stillAlive(seen: readonly SeenProcess[]): SeenProcess[] {
  return seen.filter(
    (each) => started(each.pid) === each.started && !/^State:\s+[ZX]/m.test(read(`/proc/${each.pid}/status`)),
  )
}

function pidNamespace(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return ''
  }
}

function started(pid: string): string {
  return read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? ''
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
