import { expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { compareWithRestic } from '../src/retention/fixtures/forget.ts'

const restic = await requirePart('restic')

restic.describe('as restic forget judges', () => {
  test('200 random histories, by 12 random policies each', async () => {
    const { compared, differences } = await compareWithRestic(restic.path, { seed: 7, histories: 200, policies: 12 })
    expect(differences.slice(0, 3)).toEqual([])
    expect(compared).toBe(2_400)
  })
})
