import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import type { OpenCluster } from '../../src/cluster/index.ts'
import { refOf } from '../../src/kube/objects.ts'
import { applyWaves } from '../../src/rollout/apply.ts'
import { observe } from '../../src/rollout/observe.ts'
import { validate } from '../../src/rollout/validate.ts'
import { connect, type OwnNamespace, openNamespace } from '../support/own-namespace.ts'
import { app, configMap, deployment, manifest } from './field.ts'

const describeCluster = await requireCluster()
const writing = { fieldManager: 'ondol', force: false }
const { signal } = new AbortController()

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] }
const write = ['get', 'list', 'watch', 'create', 'patch']
const workloads: Rule = { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: write }
const configs: Rule = { apiGroups: [''], resources: ['configmaps'], verbs: write }
const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }

describeCluster('a limited token', () => {
  let field: OwnNamespace
  const folder = mkdtempSync(join(tmpdir(), 'ondol-limited-'))
  const opened: OpenCluster[] = []
  beforeAll(async () => {
    field = await openNamespace('rollout')
  })
  afterAll(async () => {
    await Promise.all(opened.map((cluster) => cluster.close()))
    await field.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The cluster as a user sees it who has these rights in the namespace and no others. */
  async function openAs(user: string, ...rules: Rule[]): Promise<OpenCluster> {
    const metadata = { name: user, namespace: field.namespace }
    const group = 'rbac.authorization.k8s.io'
    await field.cluster.create({ apiVersion: `${group}/v1`, kind: 'Role', metadata, rules })
    await field.cluster.create({
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name: user },
      subjects: [{ apiGroup: group, kind: 'User', name: `${field.namespace}:${user}` }],
    })
    const config = parse(readFileSync(field.kubeconfig, 'utf8'))
    config.users[0].user.as = `${field.namespace}:${user}`
    const file = join(folder, `${user}.kubeconfig`)
    writeFileSync(file, stringify(config), { mode: 0o600 })
    const cluster = await connect(field.processes, file)
    opened.push(cluster)
    return cluster
  }

  test('without the right to read events gets ready, and says what is missing', async () => {
    const cluster = await openAs('no-events', workloads, pods)
    const deployedAt = cluster.now()
    const { objects, problems } = await validate(cluster, [[manifest(field.namespace, deployment('web'))]], {
      ...writing,
      app,
      namespace: field.namespace,
    })
    expect(problems).toEqual([])
    await applyWaves(cluster, objects, { ...writing, app, namespace: field.namespace, signal })
    const observer = observe(cluster, { app, deployedAt, objects: objects.map(({ ref }) => ({ ref })) })
    try {
      expect(await observer.untilReady({ timeoutMs: 30_000, signal })).toEqual({ kind: 'ready' })
      expect(observer.notes()).toEqual([expect.stringContaining(`Events of namespace \`${field.namespace}\``)])
    } finally {
      await observer.close()
    }
  })

  test.each(['get list', 'get'])('with %s sees of each of many objects that it is as it should be', async (verbs) => {
    const cluster = await openAs(`reads-${verbs.replace(' ', '-')}`, {
      ...configs,
      verbs: [...verbs.split(' '), 'create', 'patch'],
    })
    const many = Array.from({ length: 25 }, (_, index) =>
      manifest(field.namespace, configMap(`many-${index}`, { some: 'thing' })),
    )
    const wanted = { ...writing, app, namespace: field.namespace }
    const first = await validate(cluster, [many], wanted)
    await applyWaves(cluster, first.objects, { ...writing, app, namespace: field.namespace, signal })
    const again = await validate(cluster, [many], wanted)
    expect(again.problems).toEqual([])
    expect(new Set(again.objects.map(({ write, change }) => `${write} ${change}`))).toEqual(new Set(['skip none']))
    expect(again.objects.map(({ before }) => before?.metadata.name)).toEqual(
      many.map(({ object }) => object.metadata.name),
    )
  })

  test('without the right to watch pods is told so', async () => {
    const cluster = await openAs('no-pods', workloads)
    const ref = refOf(manifest(field.namespace, deployment('web')).object)
    const observer = observe(cluster, { app, deployedAt: cluster.now(), objects: [{ ref }] })
    try {
      await expect(observer.untilReady({ timeoutMs: 30_000, signal })).rejects.toMatchObject({ reason: 'forbidden' })
    } finally {
      await observer.close()
    }
  })

  test('without the right to read Secrets sees a diff of one, and deploys none', async () => {
    const writeOnly = { apiGroups: [''], resources: ['secrets'], verbs: ['patch', 'create'] }
    const cluster = await openAs('no-secrets', configs, writeOnly)
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'value' } }
    const waves = [[manifest(field.namespace, secret, 3), manifest(field.namespace, configMap('c'), 9)]]
    const diff = await validate(cluster, waves, {
      ...writing,
      app,
      namespace: field.namespace,
      secretsMayBeUnreadable: true,
    })
    expect(diff.problems).toEqual([])
    expect(diff.objects.map(({ change, after }) => [change, after?.kind])).toEqual([
      ['unknown', 'Secret'],
      ['create', 'ConfigMap'],
    ])
    const { problems } = await validate(cluster, waves, { ...writing, app, namespace: field.namespace })
    expect(problems).toMatchObject([{ reason: 'forbidden', object: { name: 's' }, source: { line: 3 } }])
  })
})
