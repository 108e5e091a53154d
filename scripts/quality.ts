// npm run quality: what takes too long for `npm test`.
import { exit } from 'node:process'
import { clusterStage } from './cluster-stage.ts'
import { runStages } from './stages.ts'

exit(await runStages([clusterStage('runners that die, on a cluster', ['./actions/k8s-deploy/quality/'])]))
