import { below, type Figure, MEGABYTES, SECONDS, shown, TIMES } from '../figures.ts'
import { timeProgram } from '../node-process.ts'
import { alternate, type Spread, spreadOf } from '../samples.ts'
import { type Bench, inNamespace, inScene } from './bench.ts'
import { generatedApp } from './generated-app.ts'
import { measuredRun, noSoak, type RunCost } from './run.ts'

/** Times of a first deployment and of an update of everything. */
interface Both<Value> {
  first: Value
  update: Value
}

/** The action's whole run beside kubectl, which neither asks first nor remembers anything. */
export async function measureMany(bench: Bench, size: { objects: number; rounds: number }): Promise<Figure[]> {
  const { objects, rounds } = size
  const { one: ours, other: bare } = await alternate(
    rounds,
    () => deployTwice(bench, objects),
    () => applyTwice(bench, objects),
  )
  const name = objects.toLocaleString('en')
  const runs = ours.flatMap(({ first, update }) => [first, update])
  const compared = (phase: keyof Both<unknown>, what: string): Figure => {
    const times = ours.map((run) => run[phase].ms)
    const peers = bare.map((run) => run[phase])
    return below(1.3, TIMES, {
      what: `${what}: of kubectl's time`,
      spread: ratios(times, peers),
      beside: `action: ${shown(spreadOf(times), SECONDS)}; kubectl: ${shown(spreadOf(peers), SECONDS)}`,
    })
  }
  return [
    compared('first', `${name} objects, first deployment`),
    compared('update', `${name} objects, all changed`),
    below(250_000_000, MEGABYTES, {
      what: '  peak of memory',
      spread: spreadOf(runs.map(({ peakBytes }) => peakBytes)),
      beside: `its kubectl proxy: ${shown(spreadOf(runs.map(({ proxyBytes }) => proxyBytes)), MEGABYTES)}`,
    }),
  ]
}

function ratios(times: readonly number[], peers: readonly number[]): Spread {
  return spreadOf(times.map((ms, round) => ms / (peers[round] ?? Number.NaN)))
}

function deployTwice(bench: Bench, objects: number): Promise<Both<RunCost>> {
  return inScene(noSoak, async (scene) => ({
    first: await measuredRun(bench, scene, generatedApp(objects, 1)),
    update: await measuredRun(bench, scene, generatedApp(objects, 2)),
  }))
}

/** In an update `kubectl wait` would be content with the old pods, so there the roll-outs are waited for. */
const READY = ['wait', '--for=condition=Available', 'deployments', '--all', '--timeout=2m']
const ROLLED_OUT = ['rollout', 'status', 'deployments', '--timeout=2m']

function applyTwice(bench: Bench, objects: number): Promise<Both<number>> {
  return inScene({}, async (scene) => {
    const connection = inNamespace(bench, scene)
    const kubectl = (args: readonly string[]): Promise<number> =>
      timeProgram(bench.kubectl, [...connection, ...args], { env: bench.env, signal: bench.cancel })
    const apply = async (version: number, waiting: readonly string[]): Promise<number> => {
      const file = await scene.file(`${version}.yaml`, generatedApp(objects, version))
      return (await kubectl(['apply', '--server-side', `--filename=${file}`])) + (await kubectl(waiting))
    }
    return { first: await apply(1, READY), update: await apply(2, ROLLED_OUT) }
  })
}
