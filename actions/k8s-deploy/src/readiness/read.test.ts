import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { describeProbe } from './containers.ts'
import { happeningsOf } from './happenings.ts'
import { at, countAt, isSince, listAt, momentAt, numberAt, textAt } from './read.ts'
import { failed, failedBy, oneLine } from './say.ts'
import { ruleFor } from './terminal.ts'

describe('reading', () => {
  const value = { a: { b: 'x', n: 1, none: null, empty: '', list: [1] } }

  test('goes along own fields only', () => {
    expect(at(value, 'a', 'b')).toBe('x')
    expect([at(value, 'a', 'none', 'x'), at(value, 'a', 'toString'), at(null, 'a'), at('text', 'length')]).toEqual(
      Array(4).fill(undefined),
    )
  })

  test('takes what has the asked shape', () => {
    expect([textAt(value, 'a', 'b'), textAt(value, 'a', 'n'), textAt(value, 'a', 'empty')]).toEqual([
      'x',
      undefined,
      undefined,
    ])
    expect([numberAt(value, 'a', 'n'), numberAt(value, 'a', 'b'), countAt(value, 'a', 'b')]).toEqual([1, undefined, 0])
    expect([listAt(value, 'a', 'list'), listAt(value, 'a', 'b')]).toEqual([[1], []])
    expect(momentAt({ t: '2026-11-25T16:00:00Z' }, 't')).toEqual(new Date('2026-11-25T16:00:00Z'))
    expect([momentAt({ t: 'soon' }, 't'), momentAt({}, 't')]).toEqual([undefined, undefined])
  })

  test('a time of whole seconds may be of the moment’s own second', () => {
    const moment = new Date('2026-11-25T16:00:00.900Z')
    expect(isSince(new Date('2026-11-25T16:00:00Z'), moment)).toBe(true)
    expect(isSince(new Date('2026-11-25T15:59:59Z'), moment)).toBe(false)
    expect(isSince(undefined, moment)).toBe(false)
  })
})

describe('Events', () => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', uid: 'u' } }
  const deployedAt = new Date('2026-11-25T16:00:10.500Z')
  const happenings = (...events: object[]) =>
    happeningsOf(object, {
      pods: [],
      replicaSets: [],
      now: deployedAt,
      deployedAt,
      events: events.map((event) => ({ involvedObject: { uid: 'u' }, ...event })) as unknown as KubeObject[],
    })

  test('of the scheduler have other fields', () => {
    expect(
      happenings({
        reason: 'FailedScheduling',
        message: 'm',
        eventTime: '2026-11-25T16:00:11.250000Z',
        series: { count: 4, lastObservedTime: '2026-11-25T16:00:20.000000Z' },
      }),
    ).toEqual([
      {
        reason: 'FailedScheduling',
        message: 'm',
        first: new Date('2026-11-25T16:00:11.250Z'),
        last: new Date('2026-11-25T16:00:20Z'),
        count: 4,
        container: undefined,
      },
    ])
    expect(happenings({ eventTime: '2026-11-25T16:00:11Z' })).toMatchObject([{ reason: '', message: '', count: 1 }])
  })

  test('that began before this deployment count once, from its beginning', () => {
    const times = { firstTimestamp: '2026-11-25T16:00:09Z', lastTimestamp: '2026-11-25T16:00:10Z', count: 7 }
    expect(happenings(times)).toMatchObject([{ first: deployedAt, count: 1 }])
    expect(happenings({ ...times, firstTimestamp: '2026-11-25T16:00:10Z' })).toMatchObject([
      { first: deployedAt, count: 7 },
    ])
    expect(happenings({ ...times, lastTimestamp: '2026-11-25T16:00:09Z' })).toEqual([])
    expect(happenings({ count: 1 })).toEqual([])
  })

  test('name their container, and come in order of their last time', () => {
    const of = (last: string, fieldPath: string) => ({
      lastTimestamp: last,
      firstTimestamp: last,
      involvedObject: { uid: 'u', fieldPath },
    })
    const found = happenings(
      of('2026-11-25T16:00:30Z', 'spec.initContainers{migrate}'),
      of('2026-11-25T16:00:20Z', 'spec.containers{web}'),
      of('2026-11-25T16:00:25Z', 'spec.containers'),
    )
    expect(found.map(({ container }) => container)).toEqual(['web', undefined, 'migrate'])
  })
})

test('a probe is described by how it asks', () => {
  const spec = (handler: object) => ({ readinessProbe: handler })
  expect(describeProbe(spec({ httpGet: { path: '/readyz', port: 8080 } }), 'readiness')).toBe(
    'readiness probe (GET /readyz on port 8080)',
  )
  expect(describeProbe(spec({ httpGet: { port: 'http' } }), 'readiness')).toBe('readiness probe (GET / on port http)')
  expect(describeProbe(spec({ tcpSocket: { port: 9 } }), 'readiness')).toBe('readiness probe (TCP port 9)')
  expect(describeProbe(spec({ tcpSocket: {} }), 'readiness')).toBe('readiness probe (TCP port ?)')
  expect(describeProbe(spec({ grpc: { port: 50051 } }), 'readiness')).toBe('readiness probe (gRPC port 50051)')
  expect(describeProbe(spec({ exec: { command: ['/check', '--token=x'] } }), 'readiness')).toBe(
    'readiness probe (command /check)',
  )
  expect(describeProbe(spec({}), 'readiness')).toBe('readiness probe')
  expect(describeProbe(spec({ tcpSocket: { port: 9 } }), 'liveness')).toBe('liveness probe')
})

describe('sentences', () => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } }

  test('end once', () => {
    expect(failed(object, 'timeout', 'x').message).toBe('Pod `web`: x.')
    expect(failed(object, 'timeout', 'x.').message).toBe('Pod `web`: x.')
    expect(failed(object, 'timeout', 'x…').message).toBe('Pod `web`: x…')
    expect(failed(object, 'timeout', 'a. b').message).toBe('Pod `web`: a. b.')
    expect(failed(object, 'timeout', 'x')).not.toHaveProperty('remedy')
  })

  test('hold foreign text in one line of 300 characters', () => {
    expect(oneLine('  a\n\tb ')).toBe('a b')
    expect(oneLine('x'.repeat(300))).toBe('x'.repeat(300))
    expect(oneLine('x'.repeat(301))).toBe(`${'x'.repeat(300)}…`)
  })

  test('foreign text is not filled in again, and what is unknown is a question mark', () => {
    const sign = {
      rule: ruleFor('FailedMount', ''),
      since: new Date(0),
      count: 1,
      facts: { detail: '{image} {detail}' },
    }
    expect(failedBy(object, sign)).toEqual({
      state: 'failed',
      reason: 'mount-failed',
      message: 'Pod `web`: a volume cannot be mounted: {image} {detail}.',
      remedy: 'Check that the volume, the Secret or the ConfigMap exists and can be attached to the node.',
    })
    expect(failedBy(object, { ...sign, facts: {} }).message).toBe('Pod `web`: a volume cannot be mounted: ?.')
  })
})
