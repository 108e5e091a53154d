import { expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { compareWithRestic } from '../src/retention/fixtures/forget.ts'

const restic = await requirePart('restic')

restic.describe('2,000 random histories, as restic forget judges', () => {
  test.each(Array.from({ length: 10 }, (_, index) => 1_000 + index))(
    'seed %i: 200 histories, by 20 random policies each',
    async (seed) => {
      const { compared, differences } = await compareWithRestic(restic.path, { seed, histories: 200, policies: 20 })
      expect(differences.slice(0, 3)).toEqual([])
      expect(compared).toBe(4_000)
    },
    300_000,
  )
})
