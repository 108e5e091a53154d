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
  return subjects
    .flatMap((subject) => tellingEvents(subject, surroundings))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
    .slice(-EVENTS_PER_OBJECT)
}

function tellingEvents(subject: KubeObject, surroundings: Surroundings): (Evidence['events'][number] & { at: Date })[] {
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
