import { strict as assert } from 'node:assert'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { below, type Figure, MEGABYTES, SECONDS, shown } from '../figures.ts'
import { timeProgram, withPeak } from '../node-process.ts'
import { alternate, spreadOf } from '../samples.ts'
import { type Bench, timeOf } from './bench.ts'
import { ALL_CHANGE, FIFTH_CHANGES, type GeneratedPlan, writePlan } from './generated-plan.ts'

const ROUNDS = 5
const RESOURCES = 10_000

/** A plan as an estate of this size may have on a bad day; then the worst that there can be. */
const plans: readonly { changes: string; effects: GeneratedPlan['effects']; promised: boolean }[] = [
  { changes: '2,000 change', effects: FIFTH_CHANGES, promised: true },
  { changes: 'all change', effects: ALL_CHANGE, promised: false },
]

/** `mode: render` of large plans on a pull request, each beside a process that only reads and parses the same file. */
export async function measureRender(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { effects, changes, promised } of plans) {
    const plan = join(bench.folder, 'plan.json')
    await writePlan(plan, { resources: RESOURCES, effects, seed: 1 })
    const size = `${(statSync(plan).size / MEGABYTES.size).toFixed(0)} MB`
    const what = `render ${RESOURCES.toLocaleString('en')} resources, ${changes}, ${size}`
    figures.push(...(await measurePlanFile(bench, plan, { what, promised })))
  }
  return figures
}

async function measurePlanFile(
  { open, cancel }: Bench,
  plan: string,
  { what, promised }: { what: string; promised: boolean },
): Promise<Figure[]> {
  const scenario = await open({ 'infra/main.tf': '# infra\n' }, { mode: 'render', 'plan-json': plan })
  try {
    const pullRequest = scenario.propose({ 'infra/change.tf': '# change\n' })
    const { one: rendered, other: parsed } = await alternate(
      ROUNDS,
      () => withPeak(async (env) => timeOf(await scenario.pullRequestRun(pullRequest, { env, cancel }))),
      () => withPeak((env) => timeProgram(process.execPath, ['-e', PARSE, plan], { env, signal: cancel })),
    )
    assert.match(pullRequest.comments()[0]?.body ?? '', /The whole report:/)
    const time = { spread: spreadOf(rendered.map(({ ms }) => ms)), floor: spreadOf(parsed.map(({ ms }) => ms)) }
    const peak = {
      spread: spreadOf(rendered.map(({ peakBytes }) => peakBytes)),
      floor: spreadOf(parsed.map(({ peakBytes }) => peakBytes)),
    }
    const floor = 'JSON.parse alone'
    return [
      below(2000, SECONDS, { what, promised, spread: time.spread, beside: `${floor}: ${shown(time.floor, SECONDS)}` }),
      below(400_000_000, MEGABYTES, {
        what: '  peak of memory',
        promised,
        spread: peak.spread,
        beside: `${floor}: ${shown(peak.floor, MEGABYTES)}`,
      }),
    ]
  } finally {
    await scenario.close()
  }
}

const PARSE = `JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))`
