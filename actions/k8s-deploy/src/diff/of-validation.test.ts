import { expect, test } from '@jest/globals'
import { type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import type { Validated } from '../rollout/validate.ts'
import { recorded } from './fixtures/bookings.ts'
import { differencesOf } from './of-validation.ts'

const options = { digestKey: Buffer.alloc(32, 7), redact: (text: string) => text }

function validated(object: KubeObject, more: Partial<Validated>): Validated {
  const source = { file: 'k8s/app.yaml', document: 1, line: 1 }
  const none = { before: undefined, after: undefined, change: 'change', write: 'apply', wave: 0 } as const
  return { manifest: { object, source }, ref: refOf(object), ...none, ...more }
}

const { config, deployment, job, secret } = {
  config: recorded('config'),
  deployment: recorded('deployment'),
  job: recorded('job'),
  secret: recorded('secret'),
}

const changesOf = (objects: Validated[], pruned: KubeObject[] = [], scaled = new Set<string>()) =>
  differencesOf(objects, pruned, scaled, options).diffs.map(({ object, change }) => `${object.kind} ${change}`)

test('what is applied, replaced and pruned is compared, in this order', () => {
  const objects = [
    validated(config.after, { before: config.before, after: config.after }),
    validated(job.after, { before: job.before, after: job.after, write: 'replace' }),
  ]
  expect(changesOf(objects, [deployment.before])).toEqual(['ConfigMap change', 'Job replace', 'Deployment delete'])
})

test('a new object that could not be tried is shown as its manifest has it', () => {
  const { diffs } = differencesOf(
    [validated(config.after, { change: 'create', write: 'later' })],
    [],
    new Set(),
    options,
  )
  expect(diffs).toMatchObject([{ change: 'create', object: { name: 'bookings' } }])
  expect(diffs[0]?.lines).toContain('+  LOG_LEVEL: debug')
})

test('replicas of what an autoscaler scales are no change', () => {
  const { before } = deployment
  const after = { ...before, spec: { ...(before['spec'] as object), replicas: 5 } }
  const objects = [validated(after, { before, after })]
  expect(changesOf(objects)).toEqual(['Deployment change'])
  expect(changesOf(objects, [], new Set([keyOf(refOf(after))]))).toEqual(['Deployment none'])
})

test('what can’t be compared is said with its reason, and what is refused is left to the problems', () => {
  const unknown = { change: 'unknown' } as const
  const objects = [
    validated(secret.after, { ...unknown, after: secret.after }),
    validated(config.after, { ...unknown, before: config.before }),
    validated(deployment.after, unknown),
  ]
  const { diffs, uncompared } = differencesOf(objects, [], new Set(), options)
  expect(diffs).toEqual([])
  expect(uncompared.map(({ why }) => why)).toEqual([
    'Secret `bookings-database` may not be read with this token.',
    'ConfigMap `bookings` lives, and the server could make no dry run of its new state.',
  ])
})
