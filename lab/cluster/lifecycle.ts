// How a cluster comes up, and goes without a trace.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { findPart } from '../provision/index.ts'
import { startDns } from './addons/dns.ts'
import { startMetrics } from './addons/metrics.ts'
import { startStorage } from './addons/storage.ts'
import { adminKubeconfig, kubectl } from './api.ts'
import { addSmallImages } from './base-images.ts'
import { removeCgroups } from './cgroups.ts'
import { type Claim, claim, isHeld, isLeftOver, listClaims, release } from './claims.ts'
import { startControlPlane } from './control-plane.ts'
import { checkWorkers, type Layout, layOut, registryAddress } from './layout.ts'
import { makeBridge, reachServicesBy, removeNetwork } from './network.ts'
import { clusterObstacle } from './obstacle.ts'
import { killMarked, startDaemon, until } from './processes.ts'
import { refuse } from './registry.ts'
import { boot, hasPower, joinCluster } from './worker.ts'

/**
 * Brings a cluster up, which belongs to this process; all its workers are Ready when this resolves. What programs that died
 * left over is removed first.
 * @throws Error with the reason where this machine can't have one (see clusterObstacle) or when something doesn't start
 */
export async function bringUp(workers: number): Promise<Layout> {
  checkWorkers(workers)
  const obstacle = await clusterObstacle()
  if (obstacle !== undefined) throw new Error(obstacle)
  await removeLeftOvers()
  const layout = await takeSlot(workers)
  try {
    await startAll(layout)
    return layout
  } catch (error) {
    const words = lastWords(layout)
    await takeDown(layout)
    throw new Error(`the cluster doesn't come up: ${(error as Error).message}\n${words}`, { cause: error })
  }
}

async function takeSlot(workers: number): Promise<Layout> {
  let layout = await claim(workers)
  while (!(await makeBridge(layout))) {
    // A cluster with its state elsewhere was faster.
    release(layout)
    layout = await claim(workers, layout.slot + 1)
  }
  return layout
}

/** The ends of all logs, for the reader of an error: the logs themselves go with the cluster. */
function lastWords({ folder, workers }: Layout): string {
  const files = [join(folder, 'logs'), ...workers.map((worker) => worker.folder)]
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
  return files
    .filter((file) => file.endsWith('.log'))
    .map((file) => `${file}: ${readFileSync(file, 'utf8').trimEnd().split('\n').slice(-2).join('\n  ')}`)
    .join('\n')
}

async function startAll(layout: Layout): Promise<void> {
  mkdirSync(join(layout.folder, 'logs'))
  await settled([
    startControlPlane(layout),
    startRegistry(layout),
    ...layout.workers.map((worker) => boot(layout, worker)),
  ])
  startDns(layout)
  await routeServices(layout)
  await settled([
    startMetrics(layout),
    startStorage(layout),
    ...layout.workers.map((worker) => joinCluster(layout, worker)),
    untilUsable(layout),
  ])
}

/** Waits for all even if one fails: what is still being made can't be taken down. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

async function startRegistry(layout: Layout): Promise<void> {
  const store = storeOf(layout)
  mkdirSync(store)
  await addSmallImages(store, (await findPart('busybox')) ?? 'busybox')
  refuse(store, 'lab/locked', 401)
  refuse(store, 'lab/throttled', 429)
  const program = fileURLToPath(new URL('./registry-server.ts', import.meta.url))
  startDaemon({
    mark: layout.mark,
    log: join(layout.folder, 'logs', 'registry.log'),
    file: execPath,
    args: [program, store, ...registryAddress(layout).split(':')],
  })
}

async function untilUsable(layout: Layout): Promise<void> {
  const kubeconfig = adminKubeconfig(layout)
  await until('the workers are there', 30_000, async () => {
    const names = await kubectl(kubeconfig, 'get', 'nodes', '--output=name')
    return names.match(/^node\//gm)?.length === layout.workers.length
  })
  await kubectl(kubeconfig, 'wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=60s')
  // Without its service account a namespace takes no pods.
  await kubectl(kubeconfig, 'wait', '--for=create', 'serviceaccount/default', '--timeout=30s')
}

export function storeOf({ folder }: Layout): string {
  return join(folder, 'images')
}

/** Services are reached from the host by any worker that has power. */
export async function routeServices(layout: Layout): Promise<void> {
  const worker = layout.workers.find(hasPower)
  if (worker !== undefined) await reachServicesBy(layout, worker)
}

/** Takes down what programs that died left over; gives their claims. */
export async function removeLeftOvers(): Promise<Claim[]> {
  const left = listClaims().filter(isLeftOver)
  for (const claimed of left) await takeDown(layOut(claimed))
  return left
}

/** Nothing happens where it's down already, even if another cluster has its slot by now. */
export async function takeDown(layout: Layout): Promise<void> {
  const steps = [
    () => Promise.all([layout, ...layout.workers].map(({ mark }) => killMarked(mark))),
    () => removeNetwork(layout),
    () => removeCgroups(layout.bridge),
    () => release(layout),
  ]
  // Asked again each time: another program may be taking down the same left-over cluster, and be faster.
  for (const step of steps) if (isHeld(layout)) await step()
}
