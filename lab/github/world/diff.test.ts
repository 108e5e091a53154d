import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { startLab } from '../support/lab.ts'
import { diffTrees } from './diff.ts'

const line = fc.constantFrom('', 'a', 'b', '-c', '+d', '@@ -1 +1 @@', 'diff --git a/x b/x', ':100644 x')
const text = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => `${lines.join('\n')}\n`)
const path = fc.constantFrom('a.txt', 'd/b.txt', 'sp ace.txt', '-c.txt', 'é.txt')
const tree = fc.dictionary(path, text, { minKeys: 1, maxKeys: 4 })

function lines(content: string | undefined): number {
  return content === undefined ? 0 : content.split('\n').length - 1
}

test('every changed file is listed once, and its counts explain the change of its length', async () => {
  const lab = await startLab()
  const repository = lab.world.repository({ owner: 'owner', name: 'site', files: { keep: 'keep' } })
  let round = 0
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      round += 1
      const branch = `round-${round}`
      const from = repository.push({ branch, files: before, by: 'owner' })
      const removed = Object.keys(before).filter((name) => !(name in after))
      const gone = Object.fromEntries(removed.map((name) => [name, null]))
      const to = repository.push({ branch, files: { ...gone, ...after }, by: 'owner' })
      const changes = diffTrees(repository.gitDir, from, to)
      const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      const changed = names.filter((name) => before[name] !== after[name])
      const listed = changes.flatMap(({ filename, previousFilename }) => [filename, previousFilename ?? []].flat())
      expect(listed.toSorted()).toEqual(changed.toSorted())
      for (const { filename, previousFilename, additions, deletions } of changes) {
        const grown = lines(after[filename]) - lines(before[previousFilename ?? filename])
        expect(additions - deletions).toBe(grown)
      }
    }),
    { numRuns: 25 },
  )
})
