// For tests that need a lab cluster: they run, or are skipped with the reason in their name; with CI=true the reason fails.
import { describe, test } from '@jest/globals'
import { clusterObstacle } from './obstacle.ts'

/** Top-level await in a test file: `const describeCluster = await requireCluster()`. Installs and compiles nothing. */
export async function requireCluster(): Promise<(title: string, body: () => void) => void> {
  const obstacle = await clusterObstacle()
  if (obstacle === undefined) return (title, body) => describe(title, body)
  if (process.env['CI'] !== 'true') return (title, body) => describe.skip(`${title} [skipped: ${obstacle}]`, body)
  return (title) =>
    describe(title, () => {
      test('has what it needs', () => {
        throw new Error(obstacle)
      })
    })
}
