import { test } from '@jest/globals'
import { killAtRandom } from './support/kills.ts'

test('a runner that is killed, at 5 random moments: the next run goes on, and every listed backup restores', async () => {
  await killAtRandom(5)
}, 300_000)
