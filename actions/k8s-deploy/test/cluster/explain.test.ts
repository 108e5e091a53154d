// The API's own words, made to happen on a real cluster, and what a user is told.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type GivenCluster, type LabCluster, useCluster } from '../../../../lab/cluster/index.ts'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { describeError } from '../../../../lib/action/errors.ts'
import type { ApplyOptions } from '../../src/cluster/cluster.ts'
import { explainApiError } from '../../src/cluster/explain.ts'
import type { OpenCluster } from '../../src/cluster/index.ts'
import type { Failure } from '../../src/failure.ts'
import type { KubeObject, ObjectMeta } from '../../src/kube/objects.ts'
import { type Bench, configMap, configMapRef, openBench } from './support.ts'

const describeCluster = await requireCluster()

describeCluster('what the API refuses', () => {
  let lab: LabCluster | GivenCluster
  let bench: Bench
  let cluster: OpenCluster
  let namespace: string
  beforeAll(async () => {
    lab = await useCluster({ workers: 2 })
    bench = await openBench(lab.kubeconfig)
    ;({ cluster, namespace } = bench)
  }, 120_000)
  afterAll(async () => {
    await bench?.close()
    await lab?.close()
  })

  const asTester: ApplyOptions = { fieldManager: 'tester', force: false }
  const object = (apiVersion: string, kind: string, name: string, fields: object, meta: object = {}): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace, ...meta } as ObjectMeta,
    ...fields,
  })
  const deployment = (label: string, more: object = {}): KubeObject =>
    object('apps/v1', 'Deployment', 'web', {
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: label } },
        template: {
          metadata: { labels: { app: label } },
          spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10', ...more }] },
        },
      },
    })

  const failureOf = async (act: Promise<unknown>): Promise<Failure> => {
    const error = await act.then(
      () => undefined,
      (cause: unknown) => cause,
    )
    if (error === undefined) throw new Error('it was not refused')
    return explainApiError(error).failure
  }

  test('a field that can not be changed', async () => {
    await cluster.apply(deployment('one'), asTester)
    expect(await failureOf(cluster.apply(deployment('two'), { ...asTester, dryRun: true }))).toEqual({
      reason: 'immutable-field',
      message: "Deployment `web`: `spec.selector` can't be changed once it exists",
      remedy: 'Put the old value back, give the object another name, or delete it first.',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' },
    })
  })

  test('a StatefulSet, a Job, a Service, a claim and a role binding that would be others', async () => {
    const podSpec = (image: string) => ({ restartPolicy: 'Never', containers: [{ name: 'a', image }] })
    const pairs: [(value: string) => KubeObject, string, string, string][] = [
      [
        (serviceName) =>
          object('apps/v1', 'StatefulSet', 'db', {
            spec: {
              replicas: 0,
              serviceName,
              selector: { matchLabels: { a: 'b' } },
              template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x' }] } },
            },
          }),
        'one',
        'two',
        '`spec`',
      ],
      [
        (image) => object('batch/v1', 'Job', 'once', { spec: { suspend: true, template: { spec: podSpec(image) } } }),
        'one',
        'secret-of-the-template',
        '`spec.template`',
      ],
      [
        (provisioner) =>
          object('v1', 'PersistentVolumeClaim', 'data', {
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: provisioner,
              resources: { requests: { storage: '1Mi' } },
            },
          }),
        'one',
        'two',
        '`spec`',
      ],
      [
        (name) =>
          object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'who', {
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          }),
        'one',
        'two',
        '`roleRef`',
      ],
    ]
    for (const [make, before, after, field] of pairs) {
      await cluster.apply(make(before), asTester)
      const failure = await failureOf(cluster.apply(make(after), asTester))
      expect(failure.reason).toBe('immutable-field')
      expect(failure.message).toContain(`: ${field} can't be changed once it exists`)
      expect(failure.message).not.toContain('secret-of-the-template')
    }
    const service = (clusterIP?: string): KubeObject =>
      object('v1', 'Service', 'web', { spec: { ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) } })
    const { spec } = await cluster.apply(service(), asTester)
    const taken = (spec as { clusterIP: string }).clusterIP
    const other = taken.replace(/\d+$/, (last) => String(Number(last) > 100 ? 77 : 177))
    expect(await failureOf(cluster.apply(service(other), asTester))).toMatchObject({
      reason: 'immutable-field',
      message: "Service `web`: `spec.clusterIPs[0]` can't be changed once it exists",
    })
  })

  test('a field that another manager owns', async () => {
    await cluster.apply(configMap(namespace, 'shared', { level: 'low' }), { ...asTester, fieldManager: 'autoscaler' })
    expect(await failureOf(cluster.apply(configMap(namespace, 'shared', { level: 'high' }), asTester))).toMatchObject({
      reason: 'conflict',
      message: 'ConfigMap `shared`: `data.level` belongs to another manager: `autoscaler`',
      remedy: expect.stringContaining('force-conflicts'),
    })
  })

  test('an object that was changed or made meanwhile', async () => {
    const old = await cluster.create(configMap(namespace, 'stale'))
    await cluster.patch(configMapRef(namespace, 'stale'), { data: { a: 'b' } })
    expect(await failureOf(cluster.replace(old))).toMatchObject({ reason: 'conflict' })
    expect(await failureOf(cluster.create(configMap(namespace, 'stale')))).toMatchObject({ reason: 'conflict' })
  })

  test.each<[string, object, RegExp]>([
    [
      'a field that is misspelt',
      { replicaz: 2 },
      /^Deployment `web` has the field `spec\.replicaz`, which its kind doesn't know$/,
    ],
    [
      'a value of the wrong type',
      { replicas: 'two' },
      /^Deployment `web` doesn't fit its schema: spec\.replicas: expected numeric/,
    ],
    [
      'a value that is not allowed',
      { replicas: -1 },
      /^Deployment `web` is not valid: `spec\.replicas`: must be greater/,
    ],
    [
      'a field that is missing',
      { template: {} },
      /^Deployment `web` is not valid: .*`spec\.template\.spec\.containers`/,
    ],
  ])('%s', async (_what, spec, says) => {
    const start = performance.now()
    const wrong = { ...deployment('one'), spec: { ...(deployment('one')['spec'] as object), ...spec } }
    expect(await failureOf(cluster.apply(wrong, asTester))).toMatchObject({
      reason: 'invalid-manifest',
      message: expect.stringMatching(says),
    })
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('a kind that the cluster does not serve, and a namespace that is not there', async () => {
    expect(await failureOf(cluster.apply(object('shop.example/v1', 'Cart', 'a', {}), asTester))).toMatchObject({
      reason: 'invalid-manifest',
      message: 'Cart `a`: the cluster serves no Cart of shop.example/v1',
    })
    expect(await failureOf(cluster.apply(configMap(`${namespace}-not`, 'a'), asTester))).toMatchObject({
      reason: 'invalid-manifest',
      message: `ConfigMap \`a\`: its namespace \`${namespace}-not\` doesn't exist`,
    })
  })

  test('a quota', async () => {
    await cluster.apply(
      object('v1', 'ResourceQuota', 'small', { spec: { hard: { secrets: '0', 'requests.cpu': '1' } } }),
      asTester,
    )
    // A quota counts from the moment on that its status says what it holds.
    await bench.kubectl('wait', 'quota/small', `--namespace=${namespace}`, '--for=jsonpath={.status.hard.secrets}=0')
    expect(await failureOf(cluster.apply(object('v1', 'Secret', 'a', {}), asTester))).toMatchObject({
      reason: 'quota',
      message: 'Secret `a`: exceeded quota: small, requested: secrets=1, used: secrets=0, limited: secrets=0',
    })
    const pod = object('v1', 'Pod', 'a', { spec: { containers: [{ name: 'a', image: 'x' }] } })
    expect(await failureOf(cluster.apply(pod, asTester))).toMatchObject({
      reason: 'quota',
      remedy: expect.stringMatching(/requests and limits/),
    })
  })

  test('the pod security standard of a namespace', async () => {
    await cluster.patch(
      { apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: namespace },
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    )
    const pod = object('v1', 'Pod', 'a', { spec: { containers: [{ name: 'a', image: 'x' }] } })
    expect(await failureOf(cluster.apply(pod, asTester))).toMatchObject({
      reason: 'admission-denied',
      message: expect.stringMatching(/^Pod `a`: the pod security standard `restricted:latest` .* denies it: allowPriv/),
    })
  })

  test('a policy, and a webhook that nobody answers', async () => {
    const meta = { name: `${namespace}-policy`, namespace: undefined }
    const here = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
    const rule = (resources: string[]) => [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources },
    ]
    const admission = 'admissionregistration.k8s.io/v1'
    const made = [
      object(admission, 'ValidatingAdmissionPolicy', '', {
        metadata: meta,
        spec: {
          matchConstraints: { namespaceSelector: here, resourceRules: rule(['endpoints']) },
          validations: [{ expression: 'false', message: 'no endpoints by hand' }],
        },
      }),
      object(admission, 'ValidatingAdmissionPolicyBinding', '', {
        metadata: meta,
        spec: { policyName: meta.name, validationActions: ['Deny'] },
      }),
      object(admission, 'ValidatingWebhookConfiguration', '', {
        metadata: meta,
        webhooks: [
          {
            name: 'gone.shop.example',
            clientConfig: { service: { name: 'nobody', namespace, path: '/' } },
            namespaceSelector: here,
            rules: rule(['podtemplates']),
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      }),
    ]
    try {
      for (const each of made) await cluster.apply(each, asTester)
      const endpoints = object('v1', 'Endpoints', 'by-hand', {})
      let denied: Failure | undefined
      // A policy takes effect a moment after it was written.
      while (denied === undefined) {
        const error = await cluster.apply(endpoints, asTester).catch((cause: unknown) => cause)
        if (error instanceof Error) denied = explainApiError(error).failure
      }
      expect(denied).toMatchObject({
        reason: 'admission-denied',
        message: `Endpoints \`by-hand\`: the policy \`${meta.name}\` denies it: no endpoints by hand`,
      })
      const template = object('v1', 'PodTemplate', 'a', {
        template: { spec: { containers: [{ name: 'a', image: 'x' }] } },
      })
      expect(await failureOf(cluster.apply(template, asTester))).toMatchObject({
        reason: 'webhook-failed',
        message: expect.stringMatching(
          /^PodTemplate `a`: the admission webhook `gone\.shop\.example`, .* "nobody" not found/,
        ),
      })
    } finally {
      for (const { apiVersion, kind } of made)
        await cluster.delete({ apiVersion, kind, namespace: undefined, name: meta.name })
    }
  })

  test('a right that is missing names the rule that grants it', async () => {
    await cluster.apply(object('v1', 'ServiceAccount', 'limited', {}), asTester)
    const token = (await bench.kubectl('create', 'token', 'limited', `--namespace=${namespace}`)).trim()
    const server = await bench.kubectl('config', 'view', '--minify', '--output=jsonpath={.clusters[0].cluster.server}')
    const limited = await bench.open({ kubeconfig: bench.writeKubeconfig(server, token) })
    const role = (rules: object[]) => object('rbac.authorization.k8s.io/v1', 'Role', 'granted', { rules })
    const failure = await failureOf(limited.apply(deployment('one'), asTester))
    expect(failure).toMatchObject({
      reason: 'forbidden',
      message: `\`system:serviceaccount:${namespace}:limited\` may not patch \`deployments\` in namespace \`${namespace}\``,
    })
    const rule = /`- (\{.*\})`/.exec(failure.remedy ?? '')?.[1] ?? ''
    expect(failure.remedy).toContain(`a Role in namespace \`${namespace}\``)
    await cluster.apply(role([(await import('yaml')).parse(rule)]), asTester)
    await cluster.apply(
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'granted', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'granted' },
        subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace }],
      }),
      asTester,
    )
    let last: unknown = new Error()
    // RBAC takes effect a moment after it was written.
    while (last instanceof Error)
      last = await limited.apply(deployment('one'), asTester).catch((cause: unknown) => cause)
    expect(last).toMatchObject({ kind: 'Deployment' })
    expect(await failureOf(limited.list({ apiVersion: 'v1', kind: 'Node' }))).toMatchObject({
      reason: 'forbidden',
      message: expect.stringContaining('may not list `nodes` in the whole cluster'),
      remedy:
        'Add this rule to a ClusterRole that is bound to it: `- {apiGroups: [""], resources: ["nodes"], verbs: [list]}`.',
    })
  })

  describeOpening(() => bench)
})

/** What stands between the runner and the API. */
function describeOpening(bench: () => Bench): void {
  const opening = async (kubeconfig: string | undefined, context?: string, env?: Record<string, string>) => {
    const options = { kubeconfig, context, budgetMs: 300, ...(env && { env }) }
    const error = await bench()
      .open(options)
      .then(
        () => new Error('it opened'),
        (cause: unknown) => cause,
      )
    return explainApiError(error)
  }

  test('nobody at the address', async () => {
    const error = await opening(bench().writeKubeconfig('https://127.0.0.1:1', 'token'))
    expect(error.failure).toMatchObject({ reason: 'unreachable', message: expect.stringMatching(/connection refused/) })
  })

  test('a token that is not valid', async () => {
    const server = await bench().kubectl(
      'config',
      'view',
      '--minify',
      '--output=jsonpath={.clusters[0].cluster.server}',
    )
    const error = await opening(bench().writeKubeconfig(server, 'not-a-token'))
    expect(error.failure).toMatchObject({ reason: 'unauthorized', remedy: expect.stringContaining('Renew') })
    expect(describeError(error)).not.toContain('not-a-token')
  })

  test('a user without credentials, whom kubectl would ask for a password', async () => {
    const error = await opening(bench().writeKubeconfig('https://127.0.0.1:1'))
    expect(error.failure).toMatchObject({
      reason: 'invalid-input',
      message: "kubectl can't use the kubeconfig: its user has no credentials",
    })
  })

  test('a context that is not there, and no kubeconfig at all', async () => {
    const unknown = await opening(bench().kubeconfig, 'nowhere')
    expect(unknown.failure).toMatchObject({
      reason: 'invalid-input',
      message: 'kubectl can\'t use the kubeconfig: context "nowhere" does not exist',
    })
    const none = await opening(undefined, undefined, { PATH: '', HOME: bench().folder })
    expect(none.failure).toMatchObject({
      reason: 'invalid-input',
      message: expect.stringMatching(/^There is no kubeconfig/),
    })
  })
}
