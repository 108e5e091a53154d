import { strict as assert } from 'node:assert'
import process from 'node:process'
import { below, type Figure, MILLISECONDS, shown } from '../figures.ts'
import { timeProgram } from '../node-process.ts'
import { alternate, spreadOf } from '../samples.ts'
import { type Bench, timeOf } from './bench.ts'

const ROUNDS = 20

/** The bundle on a comment that is no command, where it has nothing to do, beside a node that does nothing. */
export async function measureColdStart({ open, cancel }: Bench): Promise<Figure[]> {
  const scenario = await open({ 'infra/main.tf': '# infra\n' }, {})
  try {
    const pullRequest = scenario.propose({ 'infra/change.tf': '# change\n' })
    const { one: starts, other: bare } = await alternate(
      ROUNDS,
      async () => {
        const step = await scenario.commentRun(pullRequest, 'reviewer', 'Looks good.', { cancel })
        assert.match(step.log.join('\n'), /Nothing to do/)
        return timeOf(step)
      },
      () => timeProgram(process.execPath, ['-e', '0'], { env: {}, signal: cancel }),
    )
    return [
      below(200, MILLISECONDS, {
        what: 'cold start',
        spread: spreadOf(starts),
        beside: `node -e 0: ${shown(spreadOf(bare), MILLISECONDS)}`,
      }),
    ]
  } finally {
    await scenario.close()
  }
}
