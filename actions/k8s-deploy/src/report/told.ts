import type { Annotation } from '../../../../lib/action/log.ts'
import { SUMMARY_LIMIT_BYTES } from '../../../../lib/action/summary.ts'
import { type Redact, redacted } from '../../../../lib/process/redacted.ts'
import { annotationsOf, annotationsOfProblems } from './annotations.ts'
import { type CommentOptions, diffComment } from './diff-comment.ts'
import { diffHeadline, wouldChange } from './diff-headline.ts'
import type { DiffReport } from './diff-model.ts'
import { diffText } from './diff-text.ts'
import { description, headline } from './headline.ts'
import { objectsOutput } from './json.ts'
import type { Report } from './model.ts'
import { summaryOf } from './summary.ts'

/** All that is made of a report, with nothing secret in it. */
export interface Told {
  /** One plain sentence, foreign. */
  headline: string
  /** The same, at most 140 characters, for a GitHub deployment status. */
  description: string
  /** Markdown within the limit of a job summary. */
  summary: string
  /** The same with every detail, for the report's file. */
  fullReport: string
  /** JSON for the output `objects`. */
  objects: string
  annotations: Annotation[]
}

/** Members of reports whose texts are the code's own words: a secret that is such a word isn't told by it. */
const WORDS: ReadonlySet<string> = new Set(['mode', 'strategy', 'result', 'fate', 'state', 'change', 'phase'])

/** Redacts first, since a secret that was escaped for Markdown is no longer found. */
export function tell(report: Report, redact: Redact): Told {
  const open = redacted(report, redact, WORDS)
  return {
    headline: headline(open),
    description: description(open),
    summary: summaryOf(open),
    fullReport: summaryOf(open, Number.POSITIVE_INFINITY),
    objects: objectsOutput(open),
    annotations: annotationsOf(open),
  }
}

/** All that is made of diff mode's report. */
export interface ToldDiff {
  headline: string
  /** Would a deployment change anything, or can't that be told? */
  changed: boolean
  comments: string[]
  /** Markdown within the limit of a job summary; names the output `diff-path` where it isn't the whole. */
  summary: string
  /** For the file. */
  diff: string
  annotations: Annotation[]
}

const SUMMARY: CommentOptions = {
  bytes: SUMMARY_LIMIT_BYTES - 1,
  parts: 1,
  fullReport: 'The whole is the file that the output `diff-path` names.',
  longestDiff: 200_000,
}

export function tellDiff(report: DiffReport, redact: Redact, options: CommentOptions): ToldDiff {
  const open = redacted(report, redact, WORDS)
  return {
    headline: diffHeadline(open),
    changed: wouldChange(open),
    comments: diffComment(open, options),
    summary: diffComment(open, SUMMARY)[0] ?? '',
    diff: diffText(open),
    annotations: annotationsOfProblems(open.problems),
  }
}
