import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { PullRequest } from '../../lab/github/index.ts'
import type { Scenario } from '../../lab/scenario/index.ts'
import { below, type Figure, SECONDS, shown } from '../figures.ts'
import { timeProgram } from '../node-process.ts'
import { alternate, spreadOf } from '../samples.ts'
import { type Bench, timeOf } from './bench.ts'

const ROUNDS = 5

const ROOT = `
resource "terraform_data" "service" {
  count = 100
  input = {
    name    = "service-\${count.index}"
    ports   = [80, 443, 8000 + count.index]
    labels  = { owner = "platform", shard = tostring(count.index % 7) }
  }
}
`

/** A plan run on a pull request, beside the bare commands of Terraform on the same root. */
export async function measurePlan({ open, folder, cancel }: Bench): Promise<Figure[]> {
  const scenario = await open({ 'infra/main.tf': '# infra\n' }, {})
  try {
    const pullRequest = scenario.propose({ 'infra/main.tf': ROOT })
    const { one: runs, other: bare } = await alternate(
      ROUNDS,
      async () => timeOf(await scenario.pullRequestRun(pullRequest, { cancel })),
      () => timeTerraform(scenario, pullRequest, folder, cancel),
    )
    assert.match(pullRequest.comments()[0]?.body ?? '', /100 add/)
    const [run, peer] = [spreadOf(runs), spreadOf(bare)]
    const added = spreadOf(runs.map((ms, round) => ms - (bare[round] ?? Number.NaN)))
    return [
      below(1000, SECONDS, {
        what: 'added to init, plan, show of 100 resources',
        spread: added,
        beside: `Terraform alone: ${shown(peer, SECONDS)}; whole run: ${shown(run, SECONDS)}`,
      }),
    ]
  } finally {
    await scenario.close()
  }
}

/** In a checkout and a home of its own, as every run of the action has them. */
async function timeTerraform(
  { repository }: Scenario,
  { number }: PullRequest,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  const job = mkdtempSync(join(folder, 'job-'))
  const checkout = join(job, 'service')
  await repository.checkout(`refs/pull/${number}/merge`, checkout)
  const home = join(job, 'home')
  mkdirSync(home)
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, CI: 'true', TF_IN_AUTOMATION: '1', TF_INPUT: '0' }
  let ms = 0
  for (const args of [['init'], ['plan', '-out', 'tfplan'], ['show', '-json', 'tfplan']])
    ms += await timeProgram('terraform', args, { cwd: join(checkout, 'infra'), env, signal })
  return ms
}
