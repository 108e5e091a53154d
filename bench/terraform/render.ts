import { strict as assert } from 'node:assert'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { below, type Figure, MEGABYTES, SECONDS, shown } from '../figures.ts'
import { timeProgram, withPeak } from '../node-process.ts'
import { alternate, spreadOf } from '../samples.ts'
import { type Bench, timeOf } from './bench.ts'
import { writePlan } from './generated-plan.ts'

const ROUNDS = 5
const RESOURCES = 10_000

/** `mode: render` of a large plan on a pull request, beside a process that only reads and parses the same file. */
export async function measureRender({ open, folder, cancel }: Bench): Promise<Figure[]> {
  const plan = join(folder, 'plan.json')
  await writePlan(plan, { resources: RESOURCES, seed: 1 })
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
    const size = `${RESOURCES.toLocaleString('en')} resources, ${(statSync(plan).size / MEGABYTES.size).toFixed(0)} MB`
    const floor = 'JSON.parse alone'
    return [
      below(2000, SECONDS, {
        what: `render ${size}`,
        spread: time.spread,
        beside: `${floor}: ${shown(time.floor, SECONDS)}`,
      }),
      below(400_000_000, MEGABYTES, {
        what: '  peak of memory',
        spread: peak.spread,
        beside: `${floor}: ${shown(peak.floor, MEGABYTES)}`,
      }),
    ]
  } finally {
    await scenario.close()
  }
}

const PARSE = `JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))`
