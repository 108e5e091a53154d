import type { Annotation, SourcePlace } from '../../../../lib/action/log.ts'
import { sentence } from '../../../../lib/markdown/words.ts'
import type { Failure } from '../failure.ts'
import type { Source } from '../kube/manifest.ts'
import { keyOf } from '../kube/objects.ts'
import type { ObjectReport, Report } from './model.ts'

/** The runner shows ten of a kind, and the step's own error is one of them. */
const MOST = 9

/**
 * The failure, then what else failed, each where its manifest is written. A failure without such a place has none: the step's
 * own error says it already. Takes a redacted report.
 */
export function annotationsOf(report: Report): Annotation[] {
  const { failure, objects } = report
  if (failure === undefined) return []
  const own = ownOf(report, failure)
  const first = annotationsOfProblems([locatedFailure(report, failure)])
  const others = objects.filter((one) => one !== own && one.state === 'failed' && one.message !== undefined)
  return [...first, ...others.map(annotationOf)].slice(0, MOST)
}

/**
 * What the step's own error is about. What stands at its place in a file already isn't said once more.
 *
 * @param outcome a few words without a full stop
 */
export function stepFailure(failure: Failure, outcome: string): Failure {
  const { place } = placeOf(failure.source)
  if (place === undefined) return failure
  return { reason: failure.reason, message: `${outcome}; the error at ${place.file}:${place.line} says why` }
}

/** With the place where its object's manifest is written, if it names none itself. */
export function locatedFailure(report: Report, failure: Failure): Failure {
  const source = failure.source ?? ownOf(report, failure)?.source
  return source === undefined ? failure : { ...failure, source }
}

function ownOf({ objects }: Report, { object }: Failure): ObjectReport | undefined {
  return object && objects.find((one) => keyOf(one.object) === keyOf(object))
}

/** What the server refuses, each where it is written. Takes redacted problems. */
export function annotationsOfProblems(problems: readonly Failure[]): Annotation[] {
  return problems
    .map(problemAnnotation)
    .filter(({ place }) => place)
    .slice(0, MOST)
}

function problemAnnotation({ reason, message, remedy, object, source }: Failure): Annotation {
  return {
    level: 'error',
    title: object ? titleOf(object) : reason,
    message: remedy === undefined ? message : `${sentence(message)} ${remedy}`,
    ...placeOf(source),
  }
}

function annotationOf({ object, message = '', source }: ObjectReport): Annotation {
  return { level: 'error', title: titleOf(object), message, ...placeOf(source) }
}

function titleOf({ kind, name }: ObjectReport['object']): string {
  return `${kind} ${name}`
}

/** A Secret of the input `secrets`, or an object of the history, is written in no file of the workspace. */
function placeOf(source: Source | undefined): { place?: SourcePlace } {
  if (source === undefined || /^(input|revision) /.test(source.file)) return {}
  return { place: { file: source.file, line: source.line } }
}
