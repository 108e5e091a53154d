import { test } from '@jest/globals'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import { expectFinished, killPoints } from '../test/support/kills.ts'

const describeCluster = await requireCluster()

describeCluster('a runner that dies leaves nothing half done, whoever finishes', () => {
  test.concurrent.each(killPoints)('$title', (point) => expectFinished(point, ['post', 'next run']), 600_000)
})
