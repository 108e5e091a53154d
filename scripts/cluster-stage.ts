import { clusterObstacle, startCluster } from '../lab/cluster/index.ts'
import { jestStage, type Stage } from './stages.ts'

/**
 * Jest tests that share one lab cluster, each file in namespaces of its own. They mostly wait for pods, so more of them run
 * at once than there are cores. Where no cluster can be had, the tests say so themselves.
 */
export function clusterStage(title: string, paths: readonly string[]): Stage {
  const tests = jestStage(title, paths, ['--maxWorkers=3'])
  return {
    title,
    async run() {
      if (process.env['ONDOL_KUBECONFIG'] || (await clusterObstacle()) !== undefined) return tests.run()
      const cluster = await startCluster()
      process.env['ONDOL_KUBECONFIG'] = cluster.kubeconfig
      try {
        return await tests.run()
      } finally {
        delete process.env['ONDOL_KUBECONFIG']
        await cluster.close()
      }
    },
  }
}
