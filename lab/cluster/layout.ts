// Names and addresses of a cluster: everything it makes on the machine carries a name that says which cluster it is of.
import { join } from 'node:path'

/**
 * Where clusters keep their state: on disk on every system, and not below /var/lib or /run, which each node has of its own.
 * Commands with another ONDOL_LAB_STATE don't see these clusters.
 */
export function stateRoot(): string {
  return process.env['ONDOL_LAB_STATE'] ?? '/var/tmp/ondol-lab'
}

/** As many clusters as have room beside each other. */
export const slots = 10

const maximalWorkers = 20

export interface WorkerLayout {
  name: string
  folder: string
  /** Name of its network namespace and of its cgroup in each hierarchy */
  namespace: string
  /** What its processes carry; see processes.ts */
  mark: string
  /** The host's end of its cable */
  link: string
  address: string
  podRange: string
}

export interface Layout {
  slot: number
  /** Tells this cluster from another that has the slot later */
  id: string
  folder: string
  /** What the control plane's processes carry; see processes.ts */
  mark: string
  bridge: string
  /** The control plane's address, where API server, DNS and registry listen */
  gateway: string
  range: string
  serviceRange: string
  /** All workers' pod ranges */
  podRange: string
  /** etcd's own loopback address: pods can't reach it */
  etcd: string
  workers: readonly WorkerLayout[]
}

/** @param slot 0 to 9: its cluster has the addresses 10.<210 + slot>.0.0/16 */
export function layOut({ slot, workers, id }: { slot: number; workers: number; id: string }): Layout {
  const prefix = `10.${210 + slot}`
  const folder = join(stateRoot(), `cluster-${slot}`)
  return {
    slot,
    id,
    folder,
    mark: `ondol${slot}/${id}`,
    bridge: `ondol${slot}`,
    gateway: `${prefix}.0.1`,
    range: `${prefix}.0.0/16`,
    serviceRange: `${prefix}.192.0/20`,
    podRange: `${prefix}.96.0/19`,
    etcd: `127.210.${slot}.1`,
    workers: Array.from({ length: workers }, (_, index) => {
      const number = index + 1
      return {
        name: `worker-${number}`,
        folder: join(folder, `worker-${number}`),
        namespace: `ondol${slot}-worker-${number}`,
        mark: `ondol${slot}-worker-${number}/${id}`,
        link: `ondol${slot}-${number}`,
        address: `${prefix}.0.${10 + number}`,
        podRange: `${prefix}.${100 + number}.0/24`,
      }
    }),
  }
}

export function apiServer({ gateway }: Layout): string {
  return `https://${gateway}:6443`
}

export function registryAddress({ gateway }: Layout): string {
  return `${gateway}:5000`
}

/** @throws Error for a number that no cluster has */
export function checkWorkers(workers: number): void {
  if (!Number.isInteger(workers) || workers < 1 || workers > maximalWorkers) {
    throw new Error(`a cluster has 1 to ${maximalWorkers} workers, not ${workers}`)
  }
}
