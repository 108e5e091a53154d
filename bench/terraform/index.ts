import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { provision } from '../../lab/provision/index.ts'
import { openScenario } from '../../lab/scenario/index.ts'
import type { Figure } from '../figures.ts'
import type { Bench } from './bench.ts'
import { measureColdStart } from './cold-start.ts'
import { measurePlan } from './plan.ts'
import { measureRender } from './render.ts'

const action = fileURLToPath(new URL('../../actions/terraform-apply', import.meta.url))

const PLAN_KEY = 'a-key-for-the-benchmarks-and-nothing-else'

const measurements = [
  { title: 'the rendering of a large plan', measure: measureRender },
  { title: 'a plan run', measure: measurePlan },
  { title: 'the cold start', measure: measureColdStart },
]

/** The three measurements of terraform-apply, one after the other. */
export async function benchTerraform(cancel: AbortSignal): Promise<Figure[]> {
  process.stdout.write(`Terraform ${await requireTerraform()}\n`)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-bench-')))
  const bench: Bench = {
    open: (files, inputs) =>
      openScenario({
        action,
        files,
        inputs: () => ({ 'working-directory': 'infra', 'plan-key': PLAN_KEY, ...inputs }),
        masks: [PLAN_KEY],
      }),
    folder,
    cancel,
  }
  const figures: Figure[] = []
  try {
    for (const { title, measure } of measurements) {
      process.stdout.write(`measuring ${title} …\n`)
      figures.push(...(await measure(bench)))
    }
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its version. Throws with what to type where it, or git, is missing. */
async function requireTerraform(): Promise<string> {
  const parts = await provision(['git', 'terraform'])
  for (const [name, part] of Object.entries(parts))
    if (part.kind === 'missing') throw new Error(`The benchmark needs ${name}: ${part.why}. ${part.command}`)
  const { stdout } = await promisify(execFile)('terraform', ['version', '-json'])
  return (JSON.parse(stdout) as { terraform_version: string }).terraform_version
}
