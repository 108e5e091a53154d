// npm test: everything, from what the lab needs to the lab's own tests.
import { exit } from 'node:process'
import { type PartName, provision } from '../lab/provision/index.ts'
import { jestStage, programStage, runStages, type Stage, tally } from './stages.ts'

const needed: readonly PartName[] = [
  'git',
  'terraform',
  'tofu',
  'actionlint',
  'zizmor',
  'versitygw',
  'chromium',
  'provider-local',
]

const provisioning: Stage = {
  title: 'what the lab needs',
  async run() {
    const found = Object.entries(await provision(needed))
    const missing = found.flatMap(([name, part]) =>
      part.kind === 'missing' ? [`${name}: ${part.why}. To bring it: ${part.command}`] : [],
    )
    for (const [name, part] of found) if (part.kind === 'present') console.log(`${name}: ${part.path}`)
    for (const line of missing) console.log(line)
    return process.env['CI'] === 'true'
      ? tally(found.length - missing.length, missing.length)
      : tally(found.length - missing.length, 0, missing)
  },
}

exit(
  await runStages([
    provisioning,
    programStage('type check', 'typescript/bin/tsc', ['-p', 'tsconfig.json']),
    programStage('lint and format', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
    jestStage('repository: metadata, architecture, bundles up to date, workflows', ['./test/']),
    jestStage('unit tests', ['./lib/', './actions/[^/]+/src/', './scripts/', './bench/']),
    jestStage('bundle tests', ['./actions/[^/]+/test/']),
    // lab/cluster has its own command until an action needs it: its programs take ten minutes to compile.
    jestStage('lab', ['./lab/(?!cluster/)']),
  ]),
)
