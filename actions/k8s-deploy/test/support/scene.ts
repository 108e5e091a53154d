import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from '../../../../lab/cluster/build.ts'
import { type GivenCluster, type LabCluster, useCluster } from '../../../../lab/cluster/index.ts'
import type { FileContent } from '../../../../lab/github/index.ts'
import { openScenario, type Scenario, type Step, type StepOptions } from '../../../../lab/scenario/index.ts'
import type { KubeObject } from '../../src/kube/objects.ts'
import { runKubectl } from './kubectl.ts'

export type { Step, StepOptions } from '../../../../lab/scenario/index.ts'

const ACTION = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** A repository with `k8s/`, a namespace of its own on a real cluster, and the committed bundle. */
export interface Scene extends Scenario {
  cluster: LabCluster | GivenCluster
  namespace: string
  /** Pushes the manifests in `k8s/` and deploys them. */
  deploy(files?: Record<string, FileContent>, options?: StepOptions): Promise<Step>
  /** Runs kubectl in the namespace, with every right, and gives its output. */
  kubectl(...args: string[]): Promise<string>
  /** An object of the namespace; `undefined` when it isn't there. */
  object(kind: string, name: string): Promise<KubeObject | undefined>
  /** Writes a file outside of the repository, and gives its path. */
  file(name: string, content: string): Promise<string>
  /** Tries again for up to 20 s what throws. */
  eventually(attempt: () => Promise<void>): Promise<void>
  /** All objects of the namespace that a deployment could have touched, by `Kind/name`, without what the server counts by itself. */
  world(): Promise<Record<string, KubeObject>>
}

export async function openScene(
  files: Record<string, FileContent> = {},
  inputs: Record<string, string> = {},
): Promise<Scene> {
  const cluster = await useCluster()
  const namespace = `shop-${randomBytes(4).toString('hex')}`
  const kubectl = (...args: string[]) => runKubectl(cluster.kubeconfig, ['--namespace', namespace, ...args])
  await kubectl('create', 'namespace', namespace)
  await kubectl('wait', '--for=create', 'serviceaccount/default', '--timeout=30s')
  const scenario = await openScenario({
    action: ACTION,
    files: inManifests(files),
    inputs: () => ({
      manifests: 'k8s/',
      namespace,
      'kubeconfig-path': cluster.kubeconfig,
      soak: '3s',
      timeout: '2m',
      ...inputs,
    }),
  })
  return {
    ...scenario,
    cluster,
    namespace,
    kubectl,
    deploy: (changed = {}, options = {}) =>
      scenario.pushRun(inManifests(changed), { ...options, env: { ...withKubectl(), ...options.env } }),
    step: (request) => scenario.step({ ...request, env: { ...withKubectl(), ...request.env } }),
    pullRequestRun: (pullRequest, options = {}) =>
      scenario.pullRequestRun(pullRequest, { ...options, env: { ...withKubectl(), ...options.env } }),
    object: async (kind, name) => {
      const text = await kubectl('get', kind, name, '--ignore-not-found', '--output=json')
      return text === '' ? undefined : (JSON.parse(text) as KubeObject)
    },
    async file(name, content) {
      const path = join(scenario.folder, name)
      await writeFile(path, content)
      return path
    },
    eventually,
    world: () => world(kubectl),
    async close() {
      await kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found')
      await scenario.close()
      await cluster.close()
    },
  }
}

function inManifests(files: Record<string, FileContent>): Record<string, FileContent> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`k8s/${name}`, content]))
}

/** The lab's kubectl before the system's, which may be years older. */
function withKubectl(): Record<string, string> {
  return { PATH: [dirname(programPath('kubectl')), process.env['PATH'] ?? ''].join(delimiter) }
}

const KINDS = [
  'configmaps',
  'secrets',
  'services',
  'serviceaccounts',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
  'horizontalpodautoscalers',
  'poddisruptionbudgets',
  'ingresses',
  'networkpolicies',
  'persistentvolumeclaims',
  'resourcequotas',
  'roles',
  'rolebindings',
]

/** What changes with every write, and not by anybody's will. */
const COUNTED = ['resourceVersion', 'generation', 'managedFields']
const COUNTERS = ['deployment.kubernetes.io/revision', 'deprecated.daemonset.template.generation']

async function world(kubectl: Scene['kubectl']): Promise<Record<string, KubeObject>> {
  const { items } = JSON.parse(await kubectl('get', KINDS.join(','), '--output=json')) as { items: KubeObject[] }
  const kept = items.filter(({ metadata }) => metadata.labels?.['ondol.dev/part'] === undefined)
  return Object.fromEntries(kept.map((object) => [`${object.kind}/${object.metadata.name}`, stable(object)]))
}

function stable({ status: _, ...object }: KubeObject): KubeObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([field]) => !COUNTED.includes(field)))
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([name]) => !COUNTERS.includes(name)),
  )
  return { ...object, metadata: { ...metadata, annotations } as unknown as KubeObject['metadata'] } as KubeObject
}

async function eventually(attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
