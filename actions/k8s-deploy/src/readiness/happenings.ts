import type { KubeObject } from '../kube/objects.ts'
import { at, isSince, later, momentAt, numberAt, textAt } from './read.ts'
import type { Surroundings } from './verdict.ts'

/** An Event about one object, as far as it came after this deployment began. */
export interface Happening {
  reason: string
  message: string
  first: Date
  last: Date
  count: number
  /** Whose, in a pod: of the Event's `fieldPath` `spec.containers{web}`. */
  container: string | undefined
}

/**
 * What happened to an object since `deployedAt`, the latest last. Events that began before count as one: how many of their
 * sightings are older isn't told.
 *
 * The scheduler writes `eventTime` and `series` where the kubelet writes `firstTimestamp`, `lastTimestamp` and `count`.
 */
export function happeningsOf(object: KubeObject, { events, deployedAt }: Surroundings): Happening[] {
  return events
    .filter((event) => isAbout(event, object))
    .flatMap((event) => happening(event, deployedAt))
    .sort((one, other) => one.last.getTime() - other.last.getTime())
}

function isAbout(event: KubeObject, object: KubeObject): boolean {
  const uid = textAt(object, 'metadata', 'uid')
  return uid !== undefined && at(event, 'involvedObject', 'uid') === uid
}

function happening(event: KubeObject, deployedAt: Date): Happening[] {
  const first = momentAt(event, 'firstTimestamp') ?? momentAt(event, 'eventTime')
  const last = momentAt(event, 'series', 'lastObservedTime') ?? momentAt(event, 'lastTimestamp') ?? first
  if (first === undefined || last === undefined || !isSince(last, deployedAt)) return []
  const count = numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1
  return [
    {
      reason: textAt(event, 'reason') ?? '',
      message: textAt(event, 'message') ?? '',
      first: later(first, deployedAt),
      last,
      count: isSince(first, deployedAt) ? count : 1,
      container: /\{(.*)\}$/.exec(textAt(event, 'involvedObject', 'fieldPath') ?? '')?.[1],
    },
  ]
}

/** When the first of some began; there has to be one. */
export function earliest(happenings: readonly Happening[]): Date {
  return new Date(Math.min(...happenings.map(({ first }) => first.getTime())))
}
