import { expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { openStore } from './store.ts'

function object(kind: string, name: string, owner?: KubeObject): KubeObject {
  const ownerReferences = owner && [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid ?? '',
      controller: true,
    },
  ]
  return {
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, ...(ownerReferences ? { ownerReferences } : {}) },
  }
}

function event(name: string, about: KubeObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Event', metadata: { name }, involvedObject: { uid: about.metadata.uid } }
}

const web = object('Deployment', 'web')
const replicaSet = object('ReplicaSet', 'web-1', web)
const pod = object('Pod', 'web-1-a', replicaSet)
const named = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name)

test('a family is complete in whatever order its members are told', () => {
  for (const members of [
    [web, replicaSet, pod],
    [pod, replicaSet, web],
  ]) {
    const store = openStore()
    for (const member of members) store.put(member)
    store.put(object('Pod', 'other'))
    expect(named(store.familyOf(web).pods)).toEqual(['web-1-a'])
    expect(named(store.familyOf(web).replicaSets)).toEqual(['web-1'])
    expect(store.ancestry(pod)).toEqual(['/Pod/shop/web-1-a', 'apps/ReplicaSet/shop/web-1', 'apps/Deployment/shop/web'])
    store.remove(pod)
    expect(store.familyOf(web).pods).toEqual([])
    expect(store.find({ ...web, namespace: 'shop', name: 'web' })).toBeDefined()
  }
})

test('an object under the same name is another one', () => {
  const store = openStore()
  for (const member of [web, replicaSet, pod]) store.put(member)
  store.put({ ...web, metadata: { ...web.metadata, uid: 'uid-new' } })
  expect(store.familyOf({ ...web, metadata: { ...web.metadata, uid: 'uid-new' } }).pods).toEqual([])
})

test('events find their object, also when they come first, and are few', () => {
  const store = openStore()
  store.putEvent(event('early', pod))
  for (let index = 0; index < 1_000; index++) store.putEvent(event(`e-${index}`, object('Pod', `stranger-${index}`)))
  store.putEvent(event('again', pod))
  for (const member of [web, replicaSet, pod]) store.put(member)
  // The first one fell out with the strangers; what comes after the pod is known stays.
  expect(named(store.familyOf(web).events)).toEqual(['again'])
  for (let index = 0; index < 1_000; index++) store.putEvent(event(`s-${index}`, object('Pod', `stranger-${index}`)))
  for (let index = 0; index < 100; index++) store.putEvent(event(`own-${index}`, pod))
  store.putEvent(event('own-80', pod))
  const kept = named(store.familyOf(web).events)
  expect(kept).toHaveLength(30)
  expect(kept.slice(-2)).toEqual(['own-99', 'own-80'])
  expect(store.subjectOf(event('x', pod))?.metadata.name).toBe('web-1-a')
})

test('owners in a circle are no trap, and bulk is left out', () => {
  const store = openStore()
  const one = object('Pod', 'one', object('Pod', 'two'))
  const two = object('Pod', 'two', one)
  for (const each of [one, two]) store.put(each)
  expect(store.ancestry(one)).toEqual(['/Pod/shop/one', '/Pod/shop/two'])
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' }
  store.put({ ...web, metadata: { ...web.metadata, annotations, managedFields: [{}] } })
  expect(store.find({ ...web, namespace: 'shop', name: 'web' })?.metadata).toEqual({
    ...web.metadata,
    annotations: { kept: 'yes' },
  })
})
