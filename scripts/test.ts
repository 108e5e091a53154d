// npm test: everything, from what the lab needs to the lab's own tests.
import { exit } from 'node:process'
import { prepareCluster } from '../lab/cluster/index.ts'
import { type PartName, provision } from '../lab/provision/index.ts'
import { clusterStage } from './cluster-stage.ts'
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
  'age',
  'restic',
  'sshd',
  'postgres',
  'postgres-17',
  'postgres-18',
  'mariadb',
  'mariadb-backup',
  'etcdctl',
  'aws',
  'moto',
]

const provisioning: Stage = {
  title: 'what the lab needs',
  async run() {
    const found = Object.entries(await provision(needed))
    const missing = found.flatMap(([name, part]) =>
      part.kind === 'missing' ? [`${name}: ${part.why}. To bring it: ${part.command}`] : [],
    )
    for (const [name, part] of found) if (part.kind === 'present') console.log(`${name}: ${part.path}`)
    missing.push(
      ...(await prepareCluster().then(
        () => [],
        (error: Error) => [`cluster: ${error.message}`],
      )),
    )
    for (const line of missing) console.log(line)
    const present = found.length + 1 - missing.length
    return process.env['CI'] === 'true' ? tally(present, missing.length) : tally(present, 0, missing)
  },
}

exit(
  await runStages([
    provisioning,
    programStage('type check', 'typescript/bin/tsc', ['-p', 'tsconfig.json']),
    programStage('lint and format', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
    jestStage('repository: metadata, architecture, bundles up to date, workflows', ['./test/']),
    jestStage('unit tests', ['./lib/', './actions/[^/]+/src/', './scripts/', './bench/']),
    jestStage('bundle tests', ['./actions/(?!k8s-deploy/)[^/]+/test/(?!cluster/)']),
    clusterStage('bundle tests on a cluster', ['./actions/k8s-deploy/test/', './actions/[^/]+/test/cluster/']),
    jestStage('lab', ['./lab/(?!cluster/)']),
    // Alone, since it makes and removes networks, which a browser takes for a lost connection.
    jestStage('lab cluster', ['./lab/cluster/']),
  ]),
)
