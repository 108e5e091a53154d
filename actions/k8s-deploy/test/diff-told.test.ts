import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { busyboxImage } from '../../../lab/cluster/index.ts'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { config, files, service, web } from './support/shop.ts'

const describeCluster = await requireCluster()

function migration(version: string): object {
  const main = { name: 'main', image: busyboxImage, command: ['sh', '-c', `echo ${version}`] }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate', annotations: { 'ondol.dev/hook': 'pre-deploy' } },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [main] } } },
  }
}

/** `word` is one line of the Deployment. */
const set = (version: string, word = 'one') =>
  files(
    migration(version),
    config(),
    service(),
    web({ replicas: 1, container: { env: [{ name: 'WORD', value: word }] } }),
  )

describeCluster('what a pull request is told', () => {
  let scene: Scene
  let branches = 0
  beforeAll(async () => {
    scene = await openScene(set('v1'), { soak: '0s' })
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
  }, 120_000)
  afterAll(() => scene.close())

  /** The step, and its comments. */
  async function diff(
    changed: Record<string, string>,
    ...runs: Record<string, string>[]
  ): Promise<{ steps: Step[]; bodies: string[] }> {
    const inManifests = Object.fromEntries(Object.entries(changed).map(([name, text]) => [`k8s/${name}`, text]))
    const pullRequest = scene.propose(inManifests, { branch: `change-${branches++}` })
    const steps: Step[] = []
    for (const inputs of runs) steps.push(await scene.pullRequestRun(pullRequest, { inputs }))
    return { steps, bodies: pullRequest.comments().map(({ body }) => body) }
  }

  test('a hook runs, whether or not it changes', async () => {
    const same = await diff({ 'note.yaml': '' }, {})
    expect(same.steps[0]).toMatchObject({ outputs: { changed: 'false' } })
    expect(same.bodies[0]).toMatch(/Nothing to change.*1 hook to run/)
    expect(same.bodies[0]).toMatch(/Job <code>migrate<\/code> runs before the pods change — unchanged/)

    const other = await diff(set('v2'), {})
    expect(other.steps[0]).toMatchObject({ outputs: { changed: 'true' } })
    expect(other.bodies[0]).toMatch(/Job <code>migrate<\/code> runs before the pods change — \+1 −1/)
    expect(other.bodies[0]).toMatch(/^-.*echo v1\n\+.*echo v2$/m)
  }, 60_000)

  test('each of two environments in a comment of its own', async () => {
    const { bodies } = await diff(
      set('v2'),
      { environment: 'staging' },
      { environment: 'production' },
      { environment: 'staging' },
    )
    expect(bodies.map((body) => /environment <code>(\w+)/.exec(body)?.[1])).toEqual(['staging', 'production'])
  }, 60_000)

  test('that an input is wrong, in place of what was said before', async () => {
    const { steps, bodies } = await diff(set('v2'), {}, { images: 'ghcr.io/acme/absent=ghcr.io/acme/absent:v2' })
    expect(steps[1]).toMatchObject({ reason: 'invalid-input', outputs: { changed: 'true' } })
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).toMatch(/This deployment would fail[\s\S]*ghcr\.io\/acme\/absent/)
    expect(steps[1]?.log.join('\n')).toContain('this deployment would fail: 1 problem')
  }, 60_000)

  test('a new side as a change of what serves', async () => {
    const inputs = { strategy: 'blue-green' }
    const first = await diff(set('v1', 'two'), inputs)
    expect(first.bodies[0]).toMatch(/Deployment <code>web<\/code> \(new side <code>web-blue<\/code>\) — change, \+1 −1/)
    expect(first.bodies[0]).toMatch(/Deployment&#32;<code>web<\/code>&#32;goes after the switch/)

    expect(await scene.deploy({}, { inputs })).toMatchObject({ outputs: { result: 'deployed' } })
    const same = await diff({ 'note.yaml': '' }, inputs)
    expect(same.steps[0]).toMatchObject({ outputs: { changed: 'false' } })
    expect(same.bodies[0]).not.toMatch(/goes after the switch|is switched/)

    const second = await diff(set('v1', 'two'), inputs)
    expect(second.bodies[0]).toMatch(
      /Deployment <code>web<\/code> \(new side <code>web-green<\/code>\) — change, \+1 −1/,
    )
    expect(second.bodies[0]).toMatch(/Deployment&#32;<code>web-blue<\/code>&#32;goes after the switch/)
    expect(second.bodies[0]).toMatch(/Service&#32;<code>web<\/code>&#32;is switched/)
    expect(second.bodies[0]).not.toContain('ondol.dev/track')
  }, 120_000)
})
