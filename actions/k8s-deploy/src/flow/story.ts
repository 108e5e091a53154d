import type { Failure } from '../failure.ts'
import type { Source } from '../kube/manifest.ts'
import { keyOf, type Ref } from '../kube/objects.ts'
import type { Evidence, Fate, Moment, ObjectReport, Report, Result } from '../report/model.ts'
import type { Session } from '../session.ts'

/** What happens in a run, as it will be told. */
export interface Story {
  /** A step that was taken, for timeline and log. */
  tell(what: string): void
  /** A sentence about what else went wrong or was noticed; each once. */
  note(sentence: string): void
  /** What became of an object; the last word counts. The order of first mention is that of the report. */
  fate(object: Ref, fate: Fate, more?: { message?: string | undefined; source?: Source | undefined }): void
  /** The last verdict about an object. */
  verdict(object: Ref, state: string, message: string): void
  evidence: Evidence[]
  revision: number | undefined
  previousRevision: number | undefined
  targetRevision: number | undefined
  end(result: Result, failure?: Failure): Report
}

const GONE: readonly Fate[] = ['deleted', 'pruned', 'retired']

/** Of what is gone, how it was is no matter. */
function withoutVerdict({ source }: Partial<ObjectReport> = {}): Pick<ObjectReport, 'source'> {
  return source === undefined ? {} : { source }
}

export function createStory(session: Session, mode: Report['mode']): Story {
  const { inputs, context, commit, cluster, log } = session
  const startedAt = performance.now()
  const timeline: Moment[] = []
  const notes = new Set<string>()
  const objects = new Map<string, ObjectReport>()
  const explained = new Set<string>()
  return {
    evidence: [],
    revision: undefined,
    previousRevision: undefined,
    targetRevision: undefined,
    tell(what) {
      timeline.push({ at: cluster.now(), what })
      log.info(what)
    },
    note: (sentence) => void notes.add(sentence),
    fate(object, fate, { message, source } = {}) {
      const before = objects.get(keyOf(object))
      if (message !== undefined) explained.add(keyOf(object))
      objects.set(keyOf(object), {
        ...(GONE.includes(fate) ? withoutVerdict(before) : before),
        object,
        fate,
        ...(message === undefined ? {} : { message }),
        ...(source === undefined ? {} : { source }),
      })
    },
    verdict(object, state, message) {
      const known = objects.get(keyOf(object))
      if (known === undefined) return
      // Why it came to its fate says more than how it is.
      objects.set(keyOf(object), { ...known, state, ...(explained.has(keyOf(object)) ? {} : { message }) })
    },
    end(result, failure) {
      const { revision, previousRevision, targetRevision, evidence } = this
      return {
        app: inputs.app,
        namespace: session.namespace,
        mode,
        strategy: inputs.strategy,
        result,
        ...(failure ? { failure } : {}),
        notes: [...notes],
        objects: [...objects.values()],
        timeline,
        evidence,
        ...(revision === undefined ? {} : { revision }),
        ...(previousRevision === undefined ? {} : { previousRevision }),
        ...(targetRevision === undefined ? {} : { targetRevision }),
        commit,
        actor: context.actor,
        runUrl: context.runUrl,
        durationMs: Math.round(performance.now() - startedAt),
      }
    },
  }
}
