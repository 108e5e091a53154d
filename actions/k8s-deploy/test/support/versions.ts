import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeImage, useCluster } from '../../../../lab/cluster/index.ts'
import { type Load, type LoadReport, startLoad } from '../../../../lab/load/index.ts'
import type { Scene } from './scene.ts'

const IMAGE = 'ghcr.io/acme/versions:lab'

/** Says its version with every answer. Told to end, it is no longer ready and goes on answering until nobody comes any more. */
const SERVER = `
import { createServer } from 'node:http'

const { VERSION: version, MODE: mode } = process.env
let isEnding = false

createServer(({ url }, response) => {
  const isWell = url === '/ready' ? mode !== 'never' && !isEnding : mode !== 'bad'
  response.writeHead(isWell ? 200 : 500, { 'x-version': version, connection: 'close' })
  response.end(version)
}).listen(8080)

process.on('SIGTERM', () => {
  isEnding = true
  setTimeout(() => process.exit(), 5000)
})
`

/** Gives the lab's registry the image of that server. */
export async function importVersions(): Promise<void> {
  const cluster = await useCluster()
  if (cluster.kind !== 'lab') throw new Error('these tests need a cluster of the lab, for its registry')
  const folder = mkdtempSync(join(tmpdir(), 'ondol-versions-'))
  try {
    writeFileSync(join(folder, 'server.mjs'), SERVER)
    await cluster.importImage(IMAGE, folder, { base: nodeImage, config: { Cmd: ['node', '/server.mjs'] } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await cluster.close()
  }
}

export interface VersionOptions {
  name?: string
  replicas?: number | null
  /** `bad`: ready, and answers 500; `never`: doesn't become ready. */
  mode?: 'good' | 'bad' | 'never'
  labels?: Record<string, string>
  spec?: object
  pod?: object
}

/** A Deployment of the server in one version. */
export function version(value: string, options: VersionOptions = {}): object {
  const { name = 'web', replicas = 2, mode = 'good', labels = { app: name }, spec, pod } = options
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: labels },
      ...spec,
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: 'server',
              image: IMAGE,
              env: [
                { name: 'VERSION', value },
                { name: 'MODE', value: mode },
              ],
              readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1, timeoutSeconds: 5 },
            },
          ],
          ...pod,
        },
      },
    },
  }
}

const RATE_PER_SECOND = 40

/** Asks a Service for as long as the work takes. Nothing is lost by a machine that is merely busy. */
export async function underLoad(
  scene: Scene,
  work: (load: Load) => Promise<void>,
): Promise<LoadReport & { ratePerSecond: number }> {
  const load = await startLoad({ url: await urlOf(scene), ratePerSecond: RATE_PER_SECOND, timeoutMs: 10_000 })
  try {
    await work(load)
  } finally {
    await load.stop()
  }
  return { ...(await load.stop()), ratePerSecond: RATE_PER_SECOND }
}

export async function urlOf({ kubectl }: Scene): Promise<string> {
  return `http://${await kubectl('get', 'service', 'web', '--output=jsonpath={.spec.clusterIP}')}/`
}

interface Share {
  requests: number
  ofNew: number
}

/** Watches a step from outside: how many requests the new version had while so many canaries were ready, and nothing else was new. */
export async function sharesDuring(
  scene: Scene,
  load: Load,
  step: Promise<unknown>,
  newVersion: string,
): Promise<Map<number, Share>> {
  const samples: (Share & { canaries: number })[] = []
  let isOver = false
  const end = step.finally(() => {
    isOver = true
  })
  while (!isOver) {
    const { total, versions } = await load.report()
    const { canaries, current } = await canariesOf(scene)
    const { ok = 0, failed = 0 } = versions[newVersion] ?? {}
    if (current !== newVersion) samples.push({ canaries, requests: total, ofNew: ok + failed })
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  await end
  const groups = Map.groupBy(samples, ({ canaries }) => canaries)
  return new Map([...groups].map(([canaries, group]) => [canaries, between(group)]))
}

/** Without the first samples: the nodes had not heard of the newest pod yet. */
function between(samples: readonly Share[]): Share {
  const nothing = { requests: 0, ofNew: 0 }
  const [first = nothing, last = nothing] = [samples[2], samples.at(-1)]
  return { requests: last.requests - first.requests, ofNew: last.ofNew - first.ofNew }
}

async function canariesOf({ kubectl }: Scene): Promise<{ canaries: number; current: string }> {
  const items = (name: string): string => `.items[?(@.metadata.name=="${name}")]`
  const version = `{${items('web')}.spec.template.spec.containers[0].env[0].value}`
  const text = await kubectl(
    'get',
    'deployments',
    `--output=jsonpath={${items('web-canary')}.status.readyReplicas},${version}`,
  )
  const [canaries = '', current = ''] = text.split(',')
  return { canaries: Number(canaries), current }
}

/** The standard deviation of a part of so many requests, each of which falls by chance. */
export function deviation(share: number, requests: number): number {
  return Math.sqrt((share * (1 - share)) / requests)
}
