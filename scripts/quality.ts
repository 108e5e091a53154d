// npm run quality: what takes too long for `npm test`.
import { exit } from 'node:process'
import { clusterStage } from './cluster-stage.ts'
import { programStage, runStages } from './stages.ts'

exit(
  await runStages([
    clusterStage('runners that die, on a cluster', ['./actions/k8s-deploy/quality/']),
    programStage('mutants of the rules for readiness', '@stryker-mutator/core/bin/stryker.js', ['run']),
  ]),
)
