import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { ApiError } from './api-error.ts'
import { explainApiError } from './explain.ts'

function remedyFor(verb: string, resource: string, place = 'in the namespace "shop"'): string {
  const message = `${resource} "web" is forbidden: User "deployer" cannot ${verb} resource "${resource}" in API group "" ${place}`
  const error = new ApiError({ status: 403, reason: 'Forbidden', message, causes: [], asked: undefined })
  return explainApiError(error).failure.remedy ?? ''
}

const verbsIn = (remedy: string): string[] => parse(/`(- [^`]*)`/.exec(remedy)?.[1] ?? '')[0].verbs

test.each([
  ['get', 'configmaps', ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']],
  ['get', 'leases', ['get', 'list', 'watch', 'create', 'update']],
  ['get', 'pods/log', ['get']],
  ['patch', 'configmaps', ['patch']],
])('who may not %s %s is given all the verbs that a deployment needs at once', (verb, resource, verbs) => {
  const remedy = remedyFor(verb, resource)
  expect(remedy).toContain('a Role in namespace `shop`')
  expect(verbsIn(remedy)).toEqual(verbs)
})

test('no Role of a namespace lets anybody make it', () => {
  const remedy = remedyFor('get', 'namespaces')
  expect(remedy).toContain('a ClusterRole')
  expect(verbsIn(remedy)).toEqual(['get'])
})
