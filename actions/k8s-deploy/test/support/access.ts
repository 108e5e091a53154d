import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { KubeObject } from '../../src/kube/objects.ts'
import type { Scene } from './scene.ts'

export interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

/** An account of the README, as it is in a namespace of the tests. */
export interface Account {
  name: string
  /** `system:serviceaccount:…` */
  user: string
  /** What the action's input of that name takes. */
  kubeconfig: string
  /** The account's password, so to say. */
  token: string
  /** Deletes what lies outside of the namespace. */
  remove(): Promise<void>
}

const FOLDER = fileURLToPath(new URL('../../../../examples/k8s/access/', import.meta.url))

/** The rules of the Role in a file of examples/k8s/access. */
export function rulesOf(file: string): Rule[] {
  const documents = parseAllDocuments(readFileSync(`${FOLDER}${file}`, 'utf8')).map((document) => document.toJS())
  return documents.find(({ kind }) => kind === 'Role').rules
}

/**
 * Applies a file of examples/k8s/access to the scene's namespace, as a reader of the README does, under a name of its own.
 *
 * @param change of the Role's rules
 */
export async function grant(
  scene: Scene,
  file: 'deployer.yaml' | 'reviewer.yaml',
  change: (rules: Rule[]) => Rule[] = (rules) => rules,
): Promise<Account> {
  const kind = `ondol-${file.replace('.yaml', '')}`
  const name = `${kind}-${randomBytes(4).toString('hex')}`
  const text = readFileSync(`${FOLDER}${file}`, 'utf8').replaceAll('shop', scene.namespace).replaceAll(kind, name)
  const objects = parseAllDocuments(text).map((document): KubeObject & { rules?: Rule[] } => document.toJS())
  const items = objects.map((object) => (object.rules ? { ...object, rules: change(object.rules) } : object))
  await scene.kubectl(
    'create',
    '--filename',
    await scene.file(`${name}.json`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
  )
  const token = (await scene.kubectl('create', 'token', name, '--duration=1h')).trim()
  const ofCluster = objects.filter(({ metadata }) => metadata.namespace === undefined)
  return {
    name,
    user: `system:serviceaccount:${scene.namespace}:${name}`,
    kubeconfig: await kubeconfigFor(scene, { token }),
    token,
    remove: async () => {
      for (const object of ofCluster) await scene.kubectl('delete', object.kind, object.metadata.name)
    },
  }
}

/** A kubeconfig of the scene's cluster for another user. */
export async function kubeconfigFor(scene: Scene, user: object): Promise<string> {
  const [cluster] = parse(await scene.kubectl('config', 'view', '--raw', '--flatten', '--minify')).clusters
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ ...cluster, name: 'lab' }],
    users: [{ name: 'given', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'given' } }],
    'current-context': 'lab',
  })
}

/** Rules without one verb for one resource. */
export function without(rules: readonly Rule[], resource: string, verb: string): Rule[] {
  return rules.flatMap((rule) => {
    if (!rule.resources.includes(resource)) return [rule]
    const others = rule.resources.filter((other) => other !== resource)
    const verbs = rule.verbs.filter((other) => other !== verb)
    return [
      ...(others.length > 0 ? [{ ...rule, resources: others }] : []),
      ...(verbs.length > 0 ? [{ ...rule, resources: [resource], verbs }] : []),
    ]
  })
}
