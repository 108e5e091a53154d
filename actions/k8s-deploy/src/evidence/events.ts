import type { KubeObject } from '../kube/objects.ts'
import { happeningsOf } from '../readiness/happenings.ts'
import { textAt } from '../readiness/read.ts'
import type { Surroundings } from '../readiness/verdict.ts'
import type { Evidence } from '../report/model.ts'

/** They tell of what went well. */
const DULL: ReadonlySet<string> = new Set(['Started', 'Created', 'Pulled', 'Scheduled', 'SuccessfulCreate'])
const EVENTS_PER_OBJECT = 20

/** What was told about these objects since the deployment began, oldest first. */
export function eventsAbout(subjects: readonly KubeObject[], surroundings: Surroundings): Evidence['events'] {
  const events = subjects
    .flatMap((subject) => tellingEvents(subject, surroundings))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
  return [...Map.groupBy(events, whatItSays).values()].flatMap(asOne).slice(-EVENTS_PER_OBJECT)
}

interface Telling {
  at: Date
  type: string
  reason: string
  message: string
  count: number
  about: string
}

/** A controller tries a pod of another name each time, and is told the same each time. */
function whatItSays({ about, reason, message }: Telling): string {
  return [about, reason, message.replace(/(["-])[bcdfghjklmnpqrstvwxz2456789]{5}"/g, '$1"')].join('\n')
}

/** The last of those that say the same, in its place. */
function asOne(alike: readonly Telling[]): Telling[] {
  const count = alike.reduce((sum, one) => sum + one.count, 0)
  return alike.slice(-1).map((last) => ({ ...last, count }))
}

function tellingEvents(subject: KubeObject, surroundings: Surroundings): Telling[] {
  return surroundings.events.flatMap((event) =>
    happeningsOf(subject, { ...surroundings, events: [event] })
      .filter(({ reason }) => !DULL.has(reason))
      .map(({ reason, message, last, count }) => ({
        at: last,
        type: textAt(event, 'type') ?? '',
        reason,
        message,
        count,
        about: `${subject.kind} ${subject.metadata.name}`,
      })),
  )
}
