import { expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { eventsAbout } from './events.ts'

const replicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web-5d9c7b8f6', uid: 'u1' } }
const START = Date.UTC(2026, 10, 25, 16, 33)

function refusal(second: number, pod: string, why: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `event-${second}` },
    involvedObject: { uid: 'u1' },
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: pods "${pod}" is forbidden: ${why}`,
    firstTimestamp: new Date(START + second * 1000).toISOString(),
    lastTimestamp: new Date(START + second * 1000).toISOString(),
    count: 1,
  }
}

const told = (...events: KubeObject[]) =>
  eventsAbout([replicaSet], {
    pods: [],
    replicaSets: [],
    events,
    now: new Date(START + 60_000),
    deployedAt: new Date(START),
  }).map(({ message, count }) => [message.replace('Error creating: pods ', ''), count])

test('the same refusal of pods of ever other names is told once, by the last of them', () => {
  const quota = 'exceeded quota: small'
  expect(
    told(
      refusal(1, 'web-5d9c7b8f6-x2x4q', quota),
      refusal(2, 'web-5d9c7b8f6-lk9zz', quota),
      refusal(3, 'web-5d9c7b8f6-mmmmm', 'exceeded quota: other'),
      refusal(4, 'web-5d9c7b8f6-b7b7b', quota),
    ),
  ).toEqual([
    ['"web-5d9c7b8f6-b7b7b" is forbidden: exceeded quota: small', 3],
    ['"web-5d9c7b8f6-mmmmm" is forbidden: exceeded quota: other', 1],
  ])
})
