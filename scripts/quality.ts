// npm run quality: what takes too long for `npm test`.
import { exit } from 'node:process'
import { clusterStage } from './cluster-stage.ts'
import { jestStage, programStage, runStages } from './stages.ts'

exit(
  await runStages([
    clusterStage('runners that die, on a cluster', ['./actions/k8s-deploy/quality/']),
    programStage('mutants of the rules for readiness', '@stryker-mutator/core/bin/stryker.js', ['run']),
    jestStage('backup: long runs', ['./actions/backup/quality/']),
    programStage('mutants of retention and chains', '@stryker-mutator/core/bin/stryker.js', [
      'run',
      'stryker.backup.json',
    ]),
  ]),
)
