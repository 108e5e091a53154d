import { test } from '@jest/globals'
import { killAtRandom } from '../test/support/kills.ts'

test('a runner that is killed, at 50 random moments: the next run goes on, and every listed backup restores', async () => {
  await killAtRandom(50)
}, 1_800_000)
