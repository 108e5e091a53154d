import { expect, test } from '@jest/globals'
import { names } from '../kube/names.ts'
import { config, workload } from '../manifests/test-support.ts'
import { areAlike, earlierThan } from './earlier.ts'
import type { Revision, RevisionInfo } from './history.ts'

/** The newest first, each with what it restores. */
function history(...restores: (number | undefined)[]): RevisionInfo[] {
  const all = restores.map((restored, index) => ({
    revision: index + 1,
    commit: '',
    run: '',
    actor: '',
    at: new Date(0),
    ...(restored === undefined ? {} : { restores: restored }),
  }))
  return all.toReversed()
}

const numbers = (current: number, kept: RevisionInfo[]): number[] =>
  earlierThan(current, kept).map(({ revision }) => revision)

test('what is older than a deployment', () => {
  expect(numbers(3, history(undefined, undefined, undefined))).toEqual([2, 1])
  expect(numbers(1, history(undefined))).toEqual([])
})

test('what is older than the one that was gone back to', () => {
  expect(numbers(4, history(undefined, undefined, undefined, 2))).toEqual([1])
  expect(numbers(3, history(undefined, undefined, 1))).toEqual([])
})

test('a deployment after that starts anew', () => {
  expect(numbers(4, history(undefined, undefined, 1, undefined))).toEqual([3, 2, 1])
})

test('the newest, when nobody knows the current one', () => {
  expect(numbers(Number.POSITIVE_INFINITY, history(undefined, undefined))).toEqual([2, 1])
})

function revision(image: string, more: { mark?: string; hash?: string; secrets?: string[]; digest?: string } = {}) {
  const { mark = '1', hash = 'a', secrets = ['database'], digest = 'x' } = more
  const web = workload('Deployment', 'web', { containers: [{ name: 'web', image }] })
  web.metadata.annotations = { [names.revision]: mark, [names.commit]: mark, team: 'shop' }
  const { template } = web['spec'] as { template: { metadata: { annotations?: object } } }
  template.metadata.annotations = { [names.configHash]: hash }
  const made: Partial<Revision> = {
    objects: [web, config('ConfigMap', 'web', { data: { a: '1' } })],
    secrets: secrets.map((name) => ({
      ref: { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name },
      digests: { password: digest },
    })),
  }
  return made as Revision
}

test('two revisions are alike when to go from one to the other would change nothing', () => {
  const one = revision('a:1')
  expect(areAlike(one, revision('a:1', { mark: '2', hash: 'b', digest: 'y' }))).toBe(true)
  expect(areAlike(one, revision('a:2'))).toBe(false)
  expect(areAlike(one, revision('a:1', { secrets: [] }))).toBe(false)
})
