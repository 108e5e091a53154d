import { expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { refOf } from '../kube/objects.ts'
import { manifest, workload } from '../manifests/test-support.ts'
import { unrolled } from './unrolled.ts'
import type { Validated } from './validate.ts'

const pod = (image: string): object => ({ containers: [{ name: 'main', image }] })
const onDelete = { updateStrategy: { type: 'OnDelete' } }

function validated(before: KubeObject | undefined, after: KubeObject): Validated {
  return { manifest: manifest(after), ref: refOf(after), wave: 0, before, after, change: 'change', write: 'apply' }
}

function changed(kind: string, more: object = {}): string[] {
  const apiVersion = kind === 'ReplicationController' ? 'v1' : 'apps/v1'
  const [before, after] = ['a:1', 'a:2'].map((image) => ({ ...workload(kind, 'web', pod(image), more), apiVersion }))
  return unrolled(after === undefined ? [] : [validated(before, after)])
}

test.each([
  ['ReplicaSet', {}, 'a Deployment would replace them'],
  ['ReplicationController', {}, 'a Deployment would replace them'],
  ['DaemonSet', onDelete, '`OnDelete`'],
  ['StatefulSet', onDelete, '`OnDelete`'],
])('pods of a %s stay', (kind, more, why) => {
  expect(changed(kind, more)).toEqual([expect.stringContaining(`${kind} \`web\`: its pods keep their older form`)])
  expect(changed(kind, more)[0]).toContain(why)
})

test.each(['Deployment', 'DaemonSet', 'StatefulSet'])('pods of a %s are replaced', (kind) => {
  expect(changed(kind)).toEqual([])
})

test('nothing to say of new ones, nor of those whose pods would be the same', () => {
  const one = workload('ReplicaSet', 'web', pod('a:1'))
  expect(unrolled([validated(undefined, one)])).toEqual([])
  expect(unrolled([validated(one, { ...one, spec: { ...(one['spec'] as object), replicas: 3 } })])).toEqual([])
})
