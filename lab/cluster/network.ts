// A bridge is the cluster's switch; a worker is a network namespace with a cable to it.
import { execute } from '../provision/execute.ts'
import type { Layout, WorkerLayout } from './layout.ts'

/** Whether nothing on this machine uses the cluster's addresses or names. */
export async function isFree({ range, bridge }: Layout): Promise<boolean> {
  const routes = await list(['route', 'show', 'root', range])
  return routes.length === 0 && !(await bridgeNames()).includes(bridge)
}

/** @returns false where there is one of that name: of two that make it at the same time one does */
export async function makeBridge({ bridge, gateway }: Layout): Promise<boolean> {
  try {
    await ip(['link', 'add', bridge, 'type', 'bridge'])
  } catch (error) {
    if ((await bridgeNames()).includes(bridge)) return false
    throw error
  }
  await ip(['address', 'add', `${gateway}/24`, 'dev', bridge])
  await ip(['link', 'set', bridge, 'up'])
  return true
}

/** Gives a worker its network, with ways to the other workers' pods, and the host a way to this worker's. */
export async function plugIn(layout: Layout, worker: WorkerLayout): Promise<void> {
  const { namespace, link, address, podRange } = worker
  const inside = (args: readonly string[]) => ip(['-n', namespace, ...args])
  await ip(['netns', 'add', namespace])
  await ip(['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace])
  await ip(['link', 'set', link, 'master', layout.bridge, 'up'])
  await inside(['address', 'add', `${address}/24`, 'dev', 'eth0'])
  await inside(['link', 'set', 'eth0', 'up'])
  await inside(['link', 'set', 'lo', 'up'])
  await inside(['route', 'add', 'default', 'via', layout.gateway])
  for (const other of layout.workers.filter(({ name }) => name !== worker.name)) {
    await inside(['route', 'add', other.podRange, 'via', other.address])
  }
  await ip(['route', 'replace', podRange, 'via', address])
}

/** Pulls a worker's cable: its namespace and all in it are gone. Nothing happens where there is none. */
export async function unplug({ namespace }: Pick<WorkerLayout, 'namespace'>): Promise<void> {
  if ((await namespaceNames()).includes(namespace)) await ip(['netns', 'delete', namespace])
}

/** The host, and with it the control plane, reaches Services by this worker. */
export async function reachServicesBy({ serviceRange }: Layout, { address }: WorkerLayout): Promise<void> {
  await ip(['route', 'replace', serviceRange, 'via', address])
}

/** Removes the bridge, the routes over it and every namespace whose name is the cluster's. */
export async function removeNetwork({ bridge }: Layout): Promise<void> {
  for (const name of await namespaceNames()) if (name.startsWith(`${bridge}-`)) await unplug({ namespace: name })
  if ((await bridgeNames()).includes(bridge)) await ip(['link', 'delete', bridge])
}

async function namespaceNames(): Promise<string[]> {
  return (await list(['netns', 'list'])).flatMap(({ name }) => name ?? [])
}

async function bridgeNames(): Promise<string[]> {
  return (await list(['link', 'show', 'type', 'bridge'])).flatMap(({ ifname }) => ifname ?? [])
}

interface Listed {
  name?: string
  ifname?: string
}

/** What `ip` lists; where there is nothing it prints an empty list or nothing. */
async function list(args: readonly string[]): Promise<Listed[]> {
  return JSON.parse((await ip(['-json', ...args])) || '[]') as Listed[]
}

async function ip(args: readonly string[]): Promise<string> {
  return (await execute('ip', args)).trim()
}
