// npm run bench: the figures that this project promises, each beside a floor or a peer of the same run.
import process from 'node:process'
import { benchBackup } from './backup/index.ts'
import { type Figure, table } from './figures.ts'
import { benchK8s } from './k8s/index.ts'
import { describeMachine } from './machine.ts'
import { benchTerraform } from './terraform/index.ts'

interface Benchmark {
  about: string
  run: (cancel: AbortSignal) => Promise<Figure[]>
}

const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  [
    'terraform',
    {
      about: 'rendering 10,000 resources, what a plan run adds to Terraform, the start of the bundle (two minutes)',
      run: benchTerraform,
    },
  ],
  [
    'k8s',
    {
      about: 'verdicts on failing pods, 200 and 1,000 objects, 2,000 foreign pods beside (eight minutes)',
      run: benchK8s,
    },
  ],
  [
    'backup',
    {
      about: '1.5 GB in 50,000 files beside restic and borg, its restore, growth, a stream of 20 GiB (fifteen minutes)',
      run: benchBackup,
    },
  ],
])

const cancelled = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort())

process.exitCode = await main(process.argv[2])

/** Gives the exit code: 0 when every goal is met. */
async function main(name: string | undefined): Promise<number> {
  const benchmark = benchmarks.get(name ?? '')
  if (!benchmark) {
    if (name !== undefined) say(`There is no benchmark ${JSON.stringify(name)}.`)
    say('npm run bench <name>, one of:')
    for (const [known, { about }] of benchmarks) say(`  ${known}  ${about}`)
    return name === undefined ? 0 : 2
  }
  try {
    say(describeMachine())
    const figures = await benchmark.run(cancelled.signal)
    say(`\n${table(figures)}`)
    return figures.every(({ met, promised }) => met || !promised) ? 0 : 1
  } catch (error) {
    if (!cancelled.signal.aborted) throw error
    say('Stopped; nothing is left behind.')
    return 130
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
