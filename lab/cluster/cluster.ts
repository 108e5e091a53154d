// A real Kubernetes on one machine, for tests: see startCluster.
import { adminKubeconfig, kubectl } from './api.ts'
import { addNodeImage, nodeImage } from './base-images.ts'
import { listClaims } from './claims.ts'
import { addImage, type Image, type ImageSource, listImages, storedName } from './images.ts'
import { type Layout, layOut, registryAddress, type WorkerLayout } from './layout.ts'
import { bringUp, routeServices, storeOf, takeDown } from './lifecycle.ts'
import { account, type Refusal, refuse } from './registry.ts'
import { boot, cutPower, hasPower, joinCluster } from './worker.ts'

export interface ClusterOptions {
  /** 1 to 20, by default 2 */
  workers?: number
}

/** A cluster of somebody's: whoever gives it says that tests may use it. */
export interface GivenCluster {
  kind: 'given'
  kubeconfig: string
  nodes: readonly string[]
  close(): Promise<void>
}

export interface LabCluster {
  kind: 'lab'
  /** Path of a kubeconfig with every right */
  kubeconfig: string
  /** Names of the workers */
  nodes: readonly string[]
  /** The address at which pods find what listens on this machine */
  host: string
  /** Cuts a worker's power: no process of it has time for anything. What was on its disk stays. */
  powerOff(node: string): Promise<void>
  /** Resolves when the worker's kubelet is healthy; the worker is Ready about a second later */
  powerOn(node: string): Promise<void>
  /**
   * Makes an image of a folder's content, for the registry to serve: `ghcr.io/acme/shop:v2` is found under that very name,
   * since the registry stands for every host. With `base: nodeImage` it can run TypeScript.
   */
  importImage(name: string, rootfs: string, source?: ImageSource): Promise<Image>
  registry: Registry
  /** Takes all of it down: no process, namespace, link, cgroup or file stays */
  close(): Promise<void>
}

export interface Registry {
  /** Host and port, for pods and the host */
  address: string
  /** The account that a repository with the answer 401 opens for */
  account: typeof account
  /**
   * Lets a repository (`acme/shop`, without host and tag) answer pulls with a refusal, or with its image again. From the start
   * `lab/locked` answers 401 and `lab/throttled` 429; what was never imported is 404.
   */
  answer(repository: string, answer: Refusal | 'image'): void
}

/**
 * Starts Kubernetes: a control plane and workers, each a machine of its own in namespaces, with DNS, a default storage class,
 * the metrics API and a registry. All workers are Ready when this resolves, after about 8 seconds on two quiet cores.
 * @throws Error with the reason where this machine can't have one (see clusterObstacle) or when something doesn't start
 */
export async function startCluster({ workers = 2 }: ClusterOptions = {}): Promise<LabCluster> {
  return openCluster(await bringUp(workers))
}

/**
 * The cluster that the user gives by a kubeconfig (by default the one that ONDOL_KUBECONFIG names), as it is, or else a new one.
 * Closing a given one does nothing. A running lab cluster can be given, too, and is one with all that belongs to it: so many
 * test files can share one.
 */
export async function useCluster(
  options: ClusterOptions = {},
  given: string | undefined = process.env['ONDOL_KUBECONFIG'] || undefined,
): Promise<LabCluster | GivenCluster> {
  if (given === undefined) return startCluster(options)
  const running = listClaims()
    .map(layOut)
    .find((layout) => adminKubeconfig(layout) === given)
  if (running !== undefined) return { ...openCluster(running), close: async () => undefined }
  const names = await kubectl(given, 'get', 'nodes', '--output=jsonpath={.items[*].metadata.name}')
  return { kind: 'given', kubeconfig: given, nodes: names.split(' '), close: async () => undefined }
}

/** The running cluster of a claim. */
export function openCluster(layout: Layout): LabCluster {
  const find = (node: string): WorkerLayout => {
    const worker = layout.workers.find(({ name }) => name === node)
    if (worker !== undefined) return worker
    throw new Error(`there is no worker ${node}; there are ${layout.workers.map(({ name }) => name).join(', ')}`)
  }
  const store = storeOf(layout)
  return {
    kind: 'lab',
    kubeconfig: adminKubeconfig(layout),
    nodes: layout.workers.map(({ name }) => name),
    host: layout.gateway,
    async powerOff(node) {
      await cutPower(find(node))
      await routeServices(layout)
    },
    async powerOn(node) {
      const worker = find(node)
      if (hasPower(worker)) return
      await boot(layout, worker)
      await routeServices(layout)
      await joinCluster(layout, worker)
    },
    async importImage(name, rootfs, source = {}) {
      if (source.base === nodeImage) await ensureNodeImage(layout)
      return addImage(store, name, rootfs, source)
    },
    registry: {
      address: registryAddress(layout),
      account,
      answer: (repository, answer) => refuse(store, repository, answer),
    },
    close: () => takeDown(layout),
  }
}

/** The image is made when it's first wanted: it takes longer than all the rest of the registry. */
export async function ensureNodeImage(layout: Layout): Promise<void> {
  const isThere = listImages(storeOf(layout)).some(({ name }) => name === storedName(nodeImage))
  if (!isThere) await addNodeImage(storeOf(layout))
}
