import type { Scene } from '../../actions/k8s-deploy/test/support/scene.ts'
import { pauseImage } from '../../lab/cluster/base-images.ts'
import { below, type Figure, MEGABYTES, SECONDS, shown } from '../figures.ts'
import { type Spread, spreadOf } from '../samples.ts'
import { type Bench, inScene } from './bench.ts'
import { generatedApp } from './generated-app.ts'
import { measuredRun, noSoak, type RunCost } from './run.ts'

const OBJECTS = 200
const FOREIGN = 2000
const RUNS = 3

/** What counts as noise on a machine that does nothing else. */
const NOISE = 1.15

/** Updates in a namespace before and after others have put 2,000 pods with an event each into it. */
export function measureForeign(bench: Bench): Promise<Figure[]> {
  return inScene(noSoak, async (scene) => {
    const alone = await measuredRuns(bench, scene, 1)
    await addForeign(scene)
    const among = await measuredRuns(bench, scene, 2 + RUNS)
    const name = `all of ${OBJECTS} objects changed, ${FOREIGN.toLocaleString('en')} foreign pods beside`
    const compared = (what: string, unit: typeof SECONDS, of: (runs: readonly RunCost[]) => Spread): Figure => {
      const floor = of(alone)
      const goal = Number(((floor.median * NOISE) / unit.size).toFixed(unit.digits)) * unit.size
      return below(goal, unit, {
        what,
        spread: of(among),
        beside: `without: ${shown(floor, unit)}`,
      })
    }
    return [
      compared(name, SECONDS, (runs) => spreadOf(runs.map(({ ms }) => ms))),
      compared('  peak of memory', MEGABYTES, (runs) => spreadOf(runs.map(({ peakBytes }) => peakBytes))),
    ]
  })
}

/** One more, which warms up and makes the objects if they aren't there; each run deploys the next version. */
async function measuredRuns(bench: Bench, scene: Scene, version: number): Promise<RunCost[]> {
  const runs: RunCost[] = []
  for (let run = 0; run <= RUNS; run++) runs.push(await measuredRun(bench, scene, generatedApp(OBJECTS, version + run)))
  return runs.slice(1)
}

/** Nothing schedules them, so they cost no node anything; what an app could see of them is there. */
async function addForeign(scene: Scene): Promise<void> {
  const { namespace } = scene
  const names = Array.from({ length: FOREIGN }, (_, index) => `foreign-${index}`)
  const create = async (file: string, objects: readonly object[]): Promise<void> => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    await scene.kubectl('create', `--filename=${await scene.file(file, list)}`)
  }
  await Promise.all([
    create('pods.json', names.map(pod)),
    create(
      'events.json',
      names.map((name) => event(namespace, name)),
    ),
  ])
}

function pod(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'foreign' } },
    spec: { schedulerName: 'none', containers: [{ name: 'main', image: pauseImage }] },
  }
}

function event(namespace: string, pod: string): object {
  const at = new Date().toISOString().replace(/\.\d+/, '')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: pod },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: `uid-of-${pod}` },
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${pod} to a node`,
    type: 'Normal',
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    source: { component: 'foreign' },
  }
}
