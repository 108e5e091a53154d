import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { collect, suspectOf } from '../../src/evidence/collect.ts'
import { names } from '../../src/kube/names.ts'
import { type KubeObject, refOf } from '../../src/kube/objects.ts'
import { type Applied, applyWaves } from '../../src/rollout/apply.ts'
import { type Observer, type Outcome, observe } from '../../src/rollout/observe.ts'
import { type Validation, validate } from '../../src/rollout/validate.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'
import { app, configMap, deployment, job, manifest } from './field.ts'

const describeCluster = await requireCluster()
const writing = { fieldManager: 'ondol', force: false }
const { signal } = new AbortController()

describeCluster('a rollout', () => {
  let field: OwnNamespace
  const observers: Observer[] = []
  beforeAll(async () => {
    field = await openNamespace('rollout')
  })
  afterAll(async () => {
    await Promise.all(observers.map((observer) => observer.close()))
    await field.close()
  })

  const checked = (...waves: object[][]): Promise<Validation> =>
    validate(
      field.cluster,
      waves.map((members) => members.map((object) => manifest(field.namespace, object))),
      { ...writing, app, namespace: field.namespace },
    )

  async function applied(...waves: object[][]): Promise<{ written: Applied[]; observer: Observer }> {
    const deployedAt = field.cluster.now()
    const { objects, problems } = await checked(...waves)
    expect(problems).toEqual([])
    const written = await applyWaves(field.cluster, objects, { ...writing, app, namespace: field.namespace, signal })
    const observer = observe(field.cluster, { app, deployedAt, objects: written.map(({ ref }) => ({ ref })) })
    observers.push(observer)
    return { written, observer }
  }

  const fates = (written: readonly Applied[]): string[] => written.map(({ ref, fate }) => `${ref.name} ${fate}`)
  const reason = (outcome: Outcome): string => ('verdict' in outcome ? outcome.verdict.reason : outcome.kind)

  test('gets ready, and a second one with the same objects writes nothing', async () => {
    const waves = [[configMap('good')], [deployment('good')]]
    const first = await applied(...waves)
    expect(fates(first.written)).toEqual(['good created', 'good created'])
    expect(await first.observer.untilReady({ timeoutMs: 30_000, signal })).toEqual({ kind: 'ready' })
    expect(await first.observer.soak(1_000, signal)).toEqual({ kind: 'ready' })

    const again = await checked(...waves)
    expect(again.objects.map(({ change, write }) => [change, write])).toEqual([
      ['none', 'skip'],
      ['none', 'skip'],
    ])
    const before = await field.cluster.get(again.objects[1]?.ref ?? refOf(waves[1]?.[0] as KubeObject))
    expect(fates((await applied(...waves)).written)).toEqual(['good unchanged', 'good unchanged'])
    const after = await field.cluster.get(refOf(before as KubeObject))
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion)
  })

  test('tells an image that is not there within a second of its grace, with the event', async () => {
    const { observer } = await applied([deployment('no-image', { image: 'ghcr.io/acme/no-such-image:v9' })])
    const outcome = await observer.untilReady({ timeoutMs: 60_000, signal })
    expect(reason(outcome)).toBe('image-not-found')
    const evidence = await evidenceOf(observer, outcome)
    expect(evidence?.events.map(({ message }) => message).join('\n')).toContain('no-such-image:v9')
    expect(evidence?.facts.join('\n')).toContain('image ghcr.io/acme/no-such-image:v9')
  })

  test('tells a crash loop, with the log of the run before', async () => {
    const command = ['sh', '-c', 'echo "no database at db:5432"; exit 3']
    // Never ready, not even for a moment.
    const readinessProbe = { exec: { command: ['false'] } }
    const { observer } = await applied([deployment('crash', { command, readinessProbe })])
    const outcome = await observer.untilReady({ timeoutMs: 60_000, signal })
    expect(reason(outcome)).toBe('crash-loop')
    const evidence = await evidenceOf(observer, outcome)
    expect(evidence?.facts.join('\n')).toMatch(/container main: .*exit code 3 \(Error\), \d restarts?/)
    expect(evidence?.logs.map(({ text }) => text)).toContain('no database at db:5432\n')
  })

  test('fails when a pod becomes ready and crashes in the soak, and forgives what crashed before', async () => {
    const command = ['sh', '-c', 'sleep 4; echo bye; exit 1']
    const { observer } = await applied([deployment('late', { command })])
    expect(await observer.untilReady({ timeoutMs: 30_000, signal })).toEqual({ kind: 'ready' })
    const outcome = await observer.soak(15_000, signal)
    expect(reason(outcome)).toBe('crash-loop')
    expect(outcome).toMatchObject({
      kind: 'failed',
      object: { kind: 'Deployment', name: 'late' },
      verdict: { container: 'main', message: expect.stringContaining('exit code 1') },
    })
    const evidence = await evidenceOf(observer, outcome)
    expect(evidence?.logs.map(({ text }) => text).join()).toContain('bye')

    const marker = 'test -e /cache/tried || { touch /cache/tried; exit 1; }; while :; do sleep 1; done'
    const once = deployment('once') as { spec: { template: { spec: object } } }
    once.spec.template.spec = {
      ...once.spec.template.spec,
      volumes: [{ name: 'cache', emptyDir: {} }],
      containers: [
        {
          name: 'main',
          image: 'docker.io/library/busybox:lab',
          command: ['sh', '-c', marker],
          volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
          readinessProbe: {
            exec: { command: ['test', '-e', '/cache/tried'] },
            initialDelaySeconds: 2,
            periodSeconds: 1,
          },
        },
      ],
    }
    const second = await applied([once])
    expect(await second.observer.untilReady({ timeoutMs: 40_000, signal })).toEqual({ kind: 'ready' })
    expect(await second.observer.soak(3_000, signal)).toEqual({ kind: 'ready' })
  })

  test('fails when an object is deleted meanwhile, and when an own time is over', async () => {
    const slow = { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } }
    const { written } = await applied([deployment('slow', slow), deployment('gone', slow)])
    const [slowRef, goneRef] = written.map(({ ref }) => ref)
    if (slowRef === undefined || goneRef === undefined) throw new Error('nothing was written')
    const deployedAt = field.cluster.now()
    const observer = observe(field.cluster, { app, deployedAt, objects: [{ ref: slowRef, timeoutMs: 4_000 }] })
    observers.push(observer)
    const late = await observer.untilReady({ timeoutMs: 60_000, signal })
    expect([late.kind, reason(late)]).toEqual(['timeout', 'probe-failing'])

    const other = observe(field.cluster, { app, deployedAt, objects: [{ ref: goneRef }] })
    observers.push(other)
    const waiting = other.untilReady({ timeoutMs: 60_000, signal })
    await pause(300)
    await field.cluster.delete(goneRef)
    expect(reason(await waiting)).toBe('resource-failed')
  })

  test('replaces a Job of the app that is over and has another template', async () => {
    const first = await applied([job('migrate', { command: ['sh', '-c', 'exit 0'] })])
    expect(await first.observer.untilReady({ timeoutMs: 30_000, signal })).toEqual({ kind: 'ready' })
    const validation = await checked([job('migrate', { command: ['sh', '-c', 'true'] })])
    expect(validation.objects.map(({ change, write }) => [change, write])).toEqual([['change', 'replace']])
    const second = await applied([job('migrate', { command: ['sh', '-c', 'true'] })])
    expect(fates(second.written)).toEqual(['migrate changed'])
    expect(await second.observer.untilReady({ timeoutMs: 30_000, signal })).toEqual({ kind: 'ready' })
  })

  test('takes a new namespace, a new kind and objects of both in one go', async () => {
    const space = `${field.namespace}-b`
    const group = `${field.namespace}.example`
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `gadgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } },
              },
            },
          },
        ],
      },
    }
    const gadget = (size: unknown): object => ({
      apiVersion: `${group}/v1`,
      kind: 'Gadget',
      metadata: { name: 'one' },
      spec: { size },
    })
    const waves = (size: unknown, data: unknown) => [
      [manifest(undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: space } })],
      [manifest(undefined, definition)],
      [manifest(space, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data })],
      [manifest(space, gadget(size), 40), manifest(space, deployment('web'))],
    ]
    const options = { ...writing, app, namespace: field.namespace }
    const bad = await validate(field.cluster, waves('big', { key: [] }), options)
    expect(bad.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('data.key: expected string'),
      'k8s/all.yaml, document 1 (line 40): Gadget `one`: spec.size: must be an integer.',
    ])
    const deployedAt = field.cluster.now()
    try {
      const { objects, problems } = await validate(field.cluster, waves(3, { key: 'value' }), options)
      expect(problems).toEqual([])
      expect(objects.map(({ write }) => write)).toEqual(['apply', 'apply', 'later', 'later', 'later'])
      const written = await applyWaves(field.cluster, objects, { ...writing, app, namespace: field.namespace, signal })
      const observer = observe(field.cluster, { app, deployedAt, objects: written.map(({ ref }) => ({ ref })) })
      observers.push(observer)
      expect(await observer.untilReady({ timeoutMs: 40_000, signal })).toEqual({ kind: 'ready' })
    } finally {
      const { cluster } = field
      await cluster.delete({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: space })
      await cluster.delete({ ...refOf(definition as unknown as KubeObject), namespace: undefined })
    }
  })

  test('tells every problem before the first write', async () => {
    const waves = [
      [
        manifest(field.namespace, configMap('fine'), 1),
        manifest(field.namespace, { ...configMap('typo'), dta: {} }, 5),
        manifest(field.namespace, { apiVersion: 'apps/v2', kind: 'Deployment', metadata: { name: 'old' } }, 9),
        manifest(field.namespace, deployment('no-replicas', {}, { replicas: -1 }), 12),
      ],
    ]
    const { problems } = await validate(field.cluster, waves, { ...writing, app, namespace: field.namespace })
    expect(problems.map(({ source, object }) => [source?.line, object?.name])).toEqual([
      [5, 'typo'],
      [9, 'old'],
      [12, 'no-replicas'],
    ])
    expect(await field.cluster.get(refOf(waves[0]?.[0]?.object as KubeObject))).toBeUndefined()
  })

  test('takes over what another manager wrote alike, and tells of a conflict', async () => {
    const { object } = manifest(field.namespace, configMap('shared'))
    await field.cluster.apply(object, { fieldManager: 'someone', force: false })
    const same = await checked([configMap('shared')])
    expect(same.objects.map(({ change, write }) => [change, write])).toEqual([['none', 'apply']])
    expect(fates((await applied([configMap('shared')])).written)).toEqual(['shared unchanged'])
    const { problems } = await checked([configMap('shared', { key: 'other' })])
    expect(problems.map((problem) => problem.reason)).toEqual(['conflict'])
  })

  test('does not count which deployment wrote it as a change', async () => {
    const of = (run: string): object => ({
      ...configMap('marked'),
      metadata: { name: 'marked', annotations: { [names.run]: run } },
    })
    await applied([of('1')])
    expect((await checked([of('2')])).objects.map(({ write }) => write)).toEqual(['skip'])
  })

  test('stops at the first object that is refused, and tells what has been written by then', async () => {
    const { objects } = await checked([configMap('before')], [configMap('breaks')], [configMap('after')])
    const broken = objects.map((one) =>
      one.ref.name === 'breaks'
        ? { ...one, manifest: manifest(field.namespace, { ...configMap('breaks'), data: [] }, 20) }
        : one,
    )
    const told: string[] = []
    const options = {
      ...writing,
      app,
      namespace: field.namespace,
      signal,
      onWritten: ({ name }: { name: string }) => told.push(name),
    }
    await expect(applyWaves(field.cluster, broken, options)).rejects.toMatchObject({
      failure: { reason: 'invalid-manifest', object: { name: 'breaks' }, source: { line: 20 } },
    })
    expect(told).toEqual(['before'])

    const stopped = AbortSignal.abort(new Error('cancelled'))
    await expect(applyWaves(field.cluster, objects, { ...options, signal: stopped })).rejects.toThrow('cancelled')
    expect(told).toEqual(['before'])
  })

  async function evidenceOf(observer: Observer, outcome: Outcome) {
    if (outcome.kind === 'ready') throw new Error('nothing failed')
    const [evidence] = await collect(field.cluster, [suspectOf(observer, outcome)])
    return evidence
  }
})
