import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { type Account, grant, type Rule, rulesOf, without } from './support/access.ts'
import { broken, everything, hook } from './support/everything.ts'
import { openScene, type Scene, type Step, type StepOptions } from './support/scene.ts'
import { files } from './support/shop.ts'

const describeCluster = await requireCluster()

const RULES = rulesOf('deployer.yaml')
const ALL_VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
/** What a deployment writes, by resource. */
const WRITTEN = RULES.filter(({ verbs }) => verbs.length === ALL_VERBS.length).flatMap(({ resources }) => resources)
/** Kinds that are ready as soon as they are written, so that nobody watches them but for their removal. */
const AT_ONCE = ['configmaps', 'secrets', 'serviceaccounts', 'networkpolicies']

/** A step with an account's token. */
function as({ kubeconfig }: Account, options: StepOptions = {}): StepOptions {
  return { ...options, inputs: { 'kubeconfig-path': '', kubeconfig, ...options.inputs } }
}

/** All that the step says of missing rights. */
function saidOf(step: Step): string {
  return [step.summary, ...step.log]
    .join('\n')
    .replaceAll(/<\/?code>/g, '`')
    .replaceAll(/&#\w+;/g, ' ')
}

function refusal(resource: string, verb: string): RegExp {
  return new RegExp(`may not ${verb} \`${resource}\` in namespace`)
}

async function inChunks<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item)
  }
  await Promise.all([work(), work(), work(), work()])
}

describeCluster('the deployer of the README', () => {
  let scene: Scene
  let deployer: Account
  beforeAll(async () => {
    scene = await openScene({}, { soak: '1s', timeout: '60s' })
    deployer = await grant(scene, 'deployer.yaml')
  }, 60_000)
  afterAll(() => scene.close())

  const deploy = (objects: object[], options: StepOptions = {}): Promise<Step> =>
    scene.deploy(files(...objects), as(deployer, options))

  test('deploys everything that its Role is about, with a hook', async () => {
    const step = await deploy([hook('prepare', ['echo', 'the table is there']), ...everything('one')])
    expect(step).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
    expect(step.log.join('\n')).toContain('the table is there')
  }, 120_000)

  test('shows a diff, and how things are', async () => {
    const diff = await deploy(everything('two'), { inputs: { mode: 'diff' } })
    expect(diff).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
    const status = await deploy(everything('two'), { inputs: { mode: 'status' } })
    expect(status).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
  }, 60_000)

  test('puts everything back, and frees a StatefulSet', async () => {
    const good = await scene.world()
    const objects = everything('two').map((object) => (isStatefulSet(object) ? withImage(object, INVALID) : object))
    const step = await deploy(objects)
    expect(step).toMatchObject({ conclusion: 'failure', outputs: { result: 'rolled-back' }, reason: 'image-invalid' })
    expect(step.log.join('\n')).toContain('Pod `queue-0` of the failed revision was in the way and is deleted')
    expect(await scene.world()).toEqual(good)
  }, 120_000)

  test('prunes what left the manifests, and goes back to the revision before', async () => {
    const inputs = { prune: 'true', 'prune-kinds': 'PersistentVolumeClaim' }
    const pruned = await deploy(everything('one').slice(-1), { inputs })
    expect(pruned).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
    expect(Object.keys(await scene.world())).not.toContain('Deployment/cart')
    const back = await deploy([], { inputs: { mode: 'rollback' } })
    expect(back).toMatchObject({ conclusion: 'success', outputs: { result: 'deployed' } })
    expect(Object.keys(await scene.world())).toContain('Deployment/cart')
  }, 120_000)
})

const INVALID = 'ghcr.io/ACME/shop:v1'

function isStatefulSet(object: object): boolean {
  return (object as KubeObject).kind === 'StatefulSet'
}

function withImage(object: object, image: string): object {
  const { spec } = object as { spec: { template: { spec: object } } }
  const pod = { ...spec.template.spec, containers: [{ name: 'main', image }] }
  return { ...object, spec: { ...spec, template: { ...spec.template, spec: pod } } }
}

describeCluster('each verb of the deployer is needed, and is named where it lacks', () => {
  let scene: Scene
  const proved = new Set<string>()
  beforeAll(async () => {
    scene = await openScene({}, { soak: '0s', timeout: '60s', app: 'shop' })
    const objects = [...everything('one')]
    expect(await scene.deploy(files(...objects))).toMatchObject({ conclusion: 'success' })
  }, 120_000)
  afterAll(() => scene.close())

  /** A step by an account without these rights. */
  async function lacking(
    missing: [resource: string, verb: string][],
    objects: object[],
    inputs: Record<string, string> = {},
  ): Promise<Step> {
    const change = (rules: Rule[]) => missing.reduce((left, pair) => without(left, ...pair), rules)
    return scene.deploy(files(...objects), as(await grant(scene, 'deployer.yaml', change), { inputs }))
  }

  function expectRefusal(step: Step, resource: string, verb: string): void {
    proved.add(`${verb} ${resource}`)
    expect(saidOf(step)).toMatch(refusal(resource, verb))
  }

  function expectForbidden(step: Step, resource: string, verb: string): void {
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'forbidden' })
    const [error] = step.annotations.filter(({ level }) => level === 'error')
    expect(error?.message).toMatch(refusal(resource, verb))
    const [{ apiGroups, verbs } = { apiGroups: [], verbs: [] }] = RULES.filter(({ resources }) =>
      resources.includes(resource),
    )
    // Whoever may not even read it lacks the rest, too.
    const needed = verb === 'get' ? verbs : [verb]
    expect(error?.message).toContain(
      `Role in namespace \`${scene.namespace}\` that is bound to it: ` +
        `\`- {apiGroups: ["${apiGroups[0]}"], resources: ["${resource}"], verbs: [${needed.join(', ')}]}\``,
    )
    expectRefusal(step, resource, verb)
  }

  test.each(['get', 'patch', 'create'])('what is written: %s', async (verb) => {
    // Those that the action itself needs before it looks at a manifest.
    const [first, others] = verb === 'get' ? divided(WRITTEN, ['configmaps', 'secrets']) : [[], WRITTEN]
    const objects = verb === 'create' ? everything('one', { suffix: '-new' }) : everything('two')
    const shown = await lacking(pairs(others, verb), objects, { mode: 'diff' })
    for (const resource of others) expectRefusal(shown, resource, verb)
    for (const resource of first) expectForbidden(await lacking([[resource, verb]], objects), resource, verb)
  })

  test('one missing verb is the failure of the step', async () => {
    for (const [resource, verb] of [
      ['deployments', 'patch'],
      ['secrets', 'list'],
      ['horizontalpodautoscalers', 'list'],
    ] as const) {
      expectForbidden(await lacking([[resource, verb]], everything('two')), resource, verb)
    }
  })

  test('how objects are seen: list and watch', async () => {
    // What is in progress is watched until the end of the look.
    await scene.kubectl('patch', 'deployment', 'cart', '--patch', JSON.stringify(NEVER))
    const seen = WRITTEN.filter((resource) => !AT_ONCE.includes(resource) && resource !== 'horizontalpodautoscalers')
    const cases = [...seen, 'pods', 'replicasets', 'horizontalpodautoscalers'].flatMap((resource) =>
      pairs([resource], 'list', 'watch'),
    )
    await inChunks(cases, async ([resource, verb]) => {
      expectForbidden(await lacking([[resource, verb]], everything('one'), { mode: 'status' }), resource, verb)
    })
  }, 120_000)

  test('how a failed deployment is put back: delete', async () => {
    const inputs = { app: 'extra', 'on-failure': 'delete-new', 'prune-kinds': 'PersistentVolumeClaim' }
    const objects = [...everything('one', { suffix: '-new' }), broken()]
    const step = await lacking(pairs(WRITTEN, 'delete'), objects, inputs)
    expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rollback-failed' } })
    for (const resource of WRITTEN) expectRefusal(step, resource, 'delete')
  }, 120_000)

  test('the lock', async () => {
    for (const verb of ['get', 'create', 'update']) {
      const app = verb === 'create' ? { app: 'other' } : {}
      expectForbidden(await lacking([['leases', verb]], everything('one'), app), 'leases', verb)
    }
    await scene.kubectl('create', '--filename', await scene.file('lease.json', JSON.stringify(heldLease())))
    for (const verb of ['list', 'watch']) {
      expectForbidden(await lacking([['leases', verb]], everything('one'), { app: 'held' }), 'leases', verb)
    }
  }, 60_000)

  test('the evidence', async () => {
    const crash = hook('prepare', ['sh', '-c', 'echo no such table; exit 4'])
    const hooked = await lacking([['pods/log', 'get']], [crash, ...everything('one')])
    expect(hooked).toMatchObject({ reason: 'hook-failed' })
    expectRefusal(hooked, 'pods/log', 'get')
    for (const verb of ['list', 'watch']) {
      const inputs = { app: `events-${verb}`, 'on-failure': 'delete-new' }
      const step = await lacking([['events', verb]], [broken(`broken-${verb}`)], inputs)
      expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rolled-back' } })
      expectRefusal(step, 'events', verb)
    }
  }, 60_000)

  test('what is pruned', async () => {
    // Of Secrets, the right to list them is needed long before.
    const listed = AT_ONCE.filter((resource) => resource !== 'secrets')
    const objects = everything('one', { suffix: '-old' }).filter(isAtOnce)
    const inputs = { app: 'pruned', prune: 'true' }
    expect(await scene.deploy(files(...objects), { inputs })).toMatchObject({ conclusion: 'success' })
    const step = await lacking(pairs(listed, 'list'), objects.filter(isSecret), inputs)
    expect(saidOf(step)).toMatch(/may not list `(configmaps|serviceaccounts|networkpolicies)`/)
    expect(step.reason).toBe('forbidden')
    // They go one after another, by the same steps.
    for (const resource of listed) proved.add(`list ${resource}`)
  }, 60_000)

  test('how a failed deployment is put back: update', async () => {
    expectForbidden(await lacking([['secrets', 'update']], everything('two')), 'secrets', 'update')
    const resources = WRITTEN.filter((resource) => resource !== 'secrets')
    const step = await lacking(pairs(resources, 'update'), [...everything('two'), broken('broken-update')])
    expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rollback-failed' } })
    for (const resource of resources) expectRefusal(step, resource, 'update')
  }, 120_000)

  test('a StatefulSet that hangs: delete of pods', async () => {
    const [queue] = everything('one', { suffix: '-stuck' }).filter(isStatefulSet)
    const inputs = { app: 'stuck' }
    expect(await scene.deploy(files(queue as object), { inputs })).toMatchObject({ conclusion: 'success' })
    const step = await lacking([['pods', 'delete']], [withImage(queue as object, INVALID)], {
      ...inputs,
      timeout: '6s',
    })
    expect(step).toMatchObject({ reason: 'image-invalid', outputs: { result: 'rollback-failed' } })
    expectRefusal(step, 'pods', 'delete')
  }, 120_000)

  test('nothing else is in the file', () => {
    const all = RULES.flatMap(({ resources, verbs }) => pairs(resources, ...verbs)).map(
      ([what, verb]) => `${verb} ${what}`,
    )
    // By the time of the watch an object of these kinds is mostly gone, and a hook's log seldom breaks off.
    const byChance = [...AT_ONCE.map((resource) => `watch ${resource}`), 'get pods']
    expect([...proved, ...byChance].sort()).toEqual(all.sort())
  })
})

const AT_ONCE_KINDS = ['ConfigMap', 'Secret', 'ServiceAccount', 'NetworkPolicy']

function isSecret(object: object): boolean {
  return (object as KubeObject).kind === 'Secret'
}

function isAtOnce(object: object): boolean {
  return AT_ONCE_KINDS.includes((object as KubeObject).kind)
}

const NEVER = { spec: { template: { spec: { readinessGates: [{ conditionType: 'example.com/never' }] } } } }

function pairs(resources: readonly string[], ...verbs: string[]): [string, string][] {
  return resources.flatMap((resource) => verbs.map((verb): [string, string] => [resource, verb]))
}

function divided(items: readonly string[], chosen: readonly string[]): [string[], string[]] {
  return [items.filter((item) => chosen.includes(item)), items.filter((item) => !chosen.includes(item))]
}

function heldLease(): object {
  const now = new Date().toISOString().replace('Z', '000Z')
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'ondol-held' },
    spec: {
      holderIdentity: 'https://github.example.com/acme/service/actions/runs/1',
      leaseDurationSeconds: 60,
      acquireTime: now,
      renewTime: now,
    },
  }
}
