// A runner that dies (SIGKILL) at a point of a deployment, and who finishes what it had begun.
import type { IncomingMessage } from 'node:http'
import { expect } from '@jest/globals'
import { type Fault, startFaultServer } from '../cluster/support.ts'
import { openScene, type Scene, type Step, type StepOptions } from './scene.ts'
import { config, files, service, web } from './shop.ts'

/** Who finishes what a runner had begun. */
export type Finisher = 'post' | 'next run'

/** A moment in the life of a deployment. */
export interface KillPoint {
  title: string
  /** The runner dies when the API is asked this (the n-th time): before the API hears of it, or before its answer is heard. */
  at: { before: RegExp; nth?: number } | { after: RegExp; nth?: number } | { line: RegExp }
  /** The new revision can't become ready, so that the runner dies while it puts back. */
  fails?: true
  /** What is told at the end: nothing was left to put back, all is put back, or all is deployed. */
  ends: 'nothing left' | 'put back' | 'deployed'
  /** For `npm test`, which tries only some of them and one way each: who finishes. */
  typical?: Finisher
}

export const killPoints: readonly KillPoint[] = [
  { title: 'with the lock just taken', at: { after: /^PUT .*\/leases\/ondol-service$/ }, ends: 'nothing left' },
  { title: 'before the snapshot is begun', at: { before: /^POST .*\/secrets$/ }, ends: 'nothing left' },
  { title: 'with half a snapshot', at: { after: /^POST .*\/secrets$/, nth: 2 }, ends: 'nothing left', typical: 'post' },
  { title: 'with the snapshot saved', at: { before: /^PATCH .*\/jobs\/prepare$/ }, ends: 'put back' },
  { title: 'while a hook runs before', at: { after: /^PATCH .*\/jobs\/prepare$/ }, ends: 'put back' },
  { title: 'after the first object', at: { after: /^PATCH .*\/configmaps\/web$/ }, ends: 'put back' },
  { title: 'after a new object', at: { after: /^PATCH .*\/configmaps\/extra$/ }, ends: 'put back' },
  { title: 'before the workload is written', at: { before: /^PATCH .*\/deployments\/web$/ }, ends: 'put back' },
  {
    title: 'before it hears that the workload is written',
    at: { after: /^PATCH .*\/deployments\/web$/ },
    ends: 'put back',
    typical: 'next run',
  },
  { title: 'while it waits', at: { line: /Deployment `?web`?: in-progress/ }, ends: 'put back' },
  { title: 'while everything has to stay ready', at: { line: /objects ready$/ }, ends: 'put back' },
  { title: 'while a hook runs after', at: { after: /^PATCH .*\/jobs\/announce$/ }, ends: 'put back' },
  { title: 'at a gate', at: { before: /^GET \/gate$/ }, ends: 'put back' },
  { title: 'while it prunes', at: { after: /^DELETE .*\/configmaps\/old$/ }, ends: 'put back', typical: 'post' },
  { title: 'with the revision recorded', at: { after: /^POST .*\/secrets$/, nth: 3 }, ends: 'put back' },
  {
    title: 'with the inventory written',
    at: { after: /^PUT .*\/configmaps\/ondol-service-inventory$/ },
    ends: 'deployed',
    typical: 'next run',
  },
  { title: 'while it begins to put back', at: { after: snapshotBy('PATCH') }, fails: true, ends: 'put back' },
  {
    title: 'while it puts back',
    at: { after: /^PUT .*\/configmaps\/web$/ },
    fails: true,
    ends: 'put back',
    typical: 'post',
  },
  {
    title: 'with new objects deleted again',
    at: { after: /^DELETE .*\/configmaps\/extra$/ },
    fails: true,
    ends: 'put back',
  },
  { title: 'with all put back', at: { before: snapshotBy('DELETE') }, fails: true, ends: 'nothing left' },
]

function snapshotBy(method: string): RegExp {
  return new RegExp(`^${method} .*/secrets/ondol-service-snapshot-`)
}

const old = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old' }, data: {} }
const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra' }, data: {} }
export const good = files(config(), old, service(), web())
export const change = (image?: string) =>
  files(
    hook('prepare', 'pre-deploy'),
    config('two'),
    extra,
    service({ ports: [{ port: 81, targetPort: 8080 }] }),
    web(image === undefined ? {} : { image }),
    hook('announce', 'post-deploy'),
  )

function hook(name: string, phase: string): object {
  const container = { name: 'main', image: 'docker.io/library/busybox:lab', command: ['true'] }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'ondol.dev/hook': phase } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  }
}

/** Lets a runner die, once for each of those that may finish what it had begun. */
export async function expectFinished(point: KillPoint, by: readonly Finisher[]): Promise<void> {
  const scene = await openScene(good, { prune: 'true', soak: '1s' })
  try {
    await succeeds(scene.deploy())
    if (by.includes('post')) await expectPostFinishes(scene, point)
    if (by.includes('next run')) await expectNextRunFinishes(scene, point)
  } finally {
    await scene.close()
  }
}

export async function succeeds(running: Promise<Step>): Promise<Step> {
  const step = await running
  if (step.conclusion !== 'success') throw new Error(step.log.join('\n'))
  return step
}

/** Deploys the change, with a runner that dies. */
async function die(scene: Scene, point: KillPoint, options: StepOptions): Promise<Step> {
  const step = await deployUntil(scene, point, (met) => ({ ...options, kill: met }))
  if (step.signal !== 'SIGKILL') throw new Error(`The point was not met:\n${step.log.join('\n')}`)
  return step
}

/** Deploys the change, and tells when the point is met. Whoever is killed there never hears the API's answer. */
export async function deployUntil(
  scene: Scene,
  { at, fails }: Pick<KillPoint, 'at' | 'fails'>,
  options: (met: AbortSignal) => StepOptions,
): Promise<Step> {
  const meeting = new AbortController()
  const server = await startFaultServer(scene.cluster.kubeconfig)
  const { kill, ...others } = options(meeting.signal)
  try {
    server.fault(faultAt(at, () => meeting.abort(), kill !== undefined))
    const kubeconfig = await scene.file('listened.json', JSON.stringify(kubeconfigOf(server.origin)))
    return await scene.deploy(change(fails && 'ghcr.io/acme/absent:v2'), {
      ...others,
      ...(kill && { kill }),
      onLine: (line) => 'line' in at && at.line.test(line) && meeting.abort(),
      inputs: { 'kubeconfig-path': kubeconfig, gates: `${server.origin}/gate expect 200 within 60s` },
    })
  } finally {
    await server.close()
  }
}

function faultAt(at: KillPoint['at'], meet: () => void, isLast: boolean): Fault {
  const asked = 'before' in at ? at.before : 'after' in at ? at.after : undefined
  let left = ('nth' in at && at.nth) || 1
  return (request, response, pass) => {
    if (asked && isAbout(request, asked) && --left === 0) {
      if ('before' in at || !isLast) meet()
      else pass(meet)
      return isLast
    }
    if (request.url !== '/gate') return false
    response.end('open')
    return true
  }
}

function isAbout({ method, url = '' }: IncomingMessage, pattern: RegExp): boolean {
  const { pathname, searchParams } = new URL(url, 'http://api')
  return !searchParams.has('dryRun') && pattern.test(`${method} ${pathname}`)
}

function kubeconfigOf(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: '' } }],
    'current-context': 'lab',
  }
}

async function expectPostFinishes(scene: Scene, point: KillPoint): Promise<void> {
  const before = await worldOf(scene)
  const { post, orphans, tempLeft } = await die(scene, point, {})
  if (post?.conclusion !== 'success') throw new Error(`The post step failed:\n${post?.log.join('\n')}`)
  expect({ orphans, tempLeft }).toEqual({ orphans: [], tempLeft: [] })
  expect(post?.annotations).toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(told[point.ends]) }),
  )
  await expectNothingKept(scene)
  if (point.ends === 'deployed') return expectDeployed(scene)
  expect(await worldOf(scene)).toEqual(before)
}

const told = {
  'nothing left': /nothing that it had begun is left to put back/,
  'put back': /ended in the middle of the deployment/,
  deployed: /revision 2 is deployed/,
}

async function expectNextRunFinishes(scene: Scene, point: KillPoint): Promise<void> {
  const before = await worldOf(scene)
  const { run } = await die(scene, point, { skipPost: true })
  await expireLock(scene)
  const next = await succeeds(scene.deploy(point.ends === 'deployed' ? change() : good))
  await expectNothingKept(scene)
  if (point.ends === 'deployed') return expectDeployed(scene)
  expect(next.outputs['result']).toBe('unchanged')
  expect(await worldOf(scene)).toEqual(before)
  if (point.ends === 'put back') {
    expect(next.summary).toMatch(
      new RegExp(`runs/${run.id}\\b.* had been ended in the middle; what it had begun was put back first`),
    )
  }
}

/** A pruned object that is made again is another one to the server. */
export async function worldOf(scene: Scene): Promise<object> {
  const { 'ConfigMap/old': pruned, ...others } = await scene.world()
  const { uid: _, creationTimestamp: __, ...metadata } = pruned?.metadata ?? { name: '' }
  return { ...others, 'ConfigMap/old': { ...pruned, metadata } }
}

async function expectDeployed(scene: Scene): Promise<void> {
  const world = await scene.world()
  expect(Object.keys(world)).toEqual(expect.arrayContaining(['ConfigMap/extra', 'Job/prepare', 'Job/announce']))
  expect(Object.keys(world)).not.toContain('ConfigMap/old')
  expect(world['ConfigMap/web']).toMatchObject({ data: { 'index.html': 'two\n' } })
}

/** Neither a snapshot nor a lock. */
export async function expectNothingKept(scene: Scene): Promise<void> {
  expect(await scene.kubectl('get', 'secrets', '--selector=ondol.dev/part=snapshot', '--output=name')).toBe('')
  expect(await scene.kubectl('get', 'lease', 'ondol-service', '--output=jsonpath={.spec.holderIdentity}')).toBe('')
}

/** Nobody renews it any more; in a test it doesn't take the full 30 s. */
export async function expireLock({ kubectl }: Scene): Promise<void> {
  const patch = JSON.stringify({ spec: { leaseDurationSeconds: 1 } })
  await kubectl('patch', 'lease', 'ondol-service', '--type=merge', '--patch', patch)
}
