import type { PullRequest } from '../world/pull-request.ts'
import type { Annotation } from '../world/run.ts'
import { checkRunsOf, jobRunsOf } from './checks.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'

/** An annotation, and the check that made it. */
export interface Finding extends Annotation {
  check: string
}

const LEVELS: Readonly<Record<string, Annotation['level']>> = { failure: 'error', warning: 'warning', notice: 'notice' }

/** An annotation in the shape in which the API takes it, `check-annotation`. */
function fromApi(annotation: unknown): Annotation {
  const fields = annotation as Record<string, string | number | undefined>
  const title = fields['title']
  return {
    level: LEVELS[String(fields['annotation_level'])] ?? 'notice',
    message: String(fields['message']),
    ...(title !== undefined && { title: String(title) }),
    file: String(fields['path']),
    line: Number(fields['start_line']),
    endLine: Number(fields['end_line']),
  }
}

/** What checks and jobs on the head commit said about lines of files. */
export function findingsOf(pullRequest: PullRequest): Finding[] {
  const checks = checkRunsOf(pullRequest).flatMap(({ name, annotations }) =>
    annotations.map((annotation) => ({ ...fromApi(annotation), check: name })),
  )
  const jobs = jobRunsOf(pullRequest).flatMap(({ name, report }) =>
    report.annotations.map((annotation) => ({ ...annotation, check: name })),
  )
  return [...checks, ...jobs].filter(({ file }) => file !== undefined)
}

const LOOKS: Readonly<Record<Annotation['level'], { symbol: string; word: string }>> = {
  error: { symbol: 'x-circle-fill', word: 'Error' },
  warning: { symbol: 'alert-fill', word: 'Warning' },
  notice: { symbol: 'info', word: 'Notice' },
}

/** An annotation as a box; `place` says where it belongs when its surroundings don't. */
export function annotationHtml({ level, title, message }: Annotation, place: string): Html {
  const { symbol, word } = LOOKS[level]
  return html`<div class="annotation ${level}">
    ${icon(symbol)}
    <div><strong>${title ?? word}</strong> <span class="place">${place}</span><p>${message}</p></div>
  </div>`
}

export function placeOf({ file, line }: Annotation): string {
  return file === undefined ? '' : line === undefined ? file : `${file}:${line}`
}
