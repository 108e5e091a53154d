import { shorten, visible } from '../../../../lib/markdown/escape.ts'
import { counted, duration, sentence } from '../../../../lib/markdown/words.ts'
import type { Fate, ObjectReport, Report } from './model.ts'

/** GitHub refuses a longer description of a deployment status (https://docs.github.com/en/rest/deployments/statuses). */
const LONGEST_DESCRIPTION = 140

/** What became of the run, in one plain sentence; names of objects stand in backticks. Foreign: to be escaped. */
export function headline(report: Report): string {
  const { failure } = report
  return failure === undefined ? success(report) : `${trouble(report, whereOf(report))}: ${sentence(failure.message)}`
}

export function whereOf({ app, namespace }: Report): string {
  return `${app} in namespace \`${namespace}\``
}

/** What became of a run that failed, without the reason. */
export function trouble(report: Report, who: string): string {
  const isRollback = report.mode === 'rollback' && report.result === 'failed'
  return isRollback ? `The rollback of ${who} failed` : `${who} ${troubleWords(report)}`
}

/** The same for the description of a deployment status: at most 140 characters, without backticks. */
export function description(report: Report): string {
  const { app, failure } = report
  const told = failure === undefined ? success(report) : `${trouble(report, app)}: ${sentence(failure.message)}`
  return shorten(visible(told.replaceAll('`', '').replace(/\s+/g, ' ')), LONGEST_DESCRIPTION)
}

export function isGood({ result, failure }: Report): boolean {
  return failure === undefined && ['deployed', 'unchanged', 'rolled-back'].includes(result)
}

/** `2 created, 1 changed, 9 unchanged`, in the order of what matters; empty for no objects. */
export function fateCounts(report: Report): string {
  return fatesOf(report)
    .map(({ fate, count }) => `${count} ${FATE_WORDS[fate]}`)
    .join(', ')
}

export function fatesOf({ objects }: Report): { fate: Fate; count: number }[] {
  return (Object.keys(FATE_WORDS) as Fate[]).flatMap((fate) => {
    const count = objects.filter((one) => one.fate === fate).length
    return count === 0 ? [] : [{ fate, count }]
  })
}

/** In the order in which a reader wants to hear of them. */
export const FATE_WORDS: Readonly<Record<Fate, string>> = {
  left: 'left as the failed deployment wrote it',
  restored: 'restored',
  deleted: 'deleted again',
  pruned: 'pruned',
  retired: 'no longer needed, deleted',
  ran: 'ran',
  created: 'created',
  changed: 'changed',
  'not-reached': 'not reached',
  unchanged: 'unchanged',
}

function success(report: Report): string {
  const { app, namespace, mode, result, objects, revision } = report
  const took = `in ${duration(report.durationMs)}`
  const numbered = revision === undefined ? '' : ` as revision ${revision}`
  if (mode === 'status') return `${app} in namespace \`${namespace}\` is ready: ${counted(objects.length, 'object')}.`
  if (mode === 'rollback') return `${app} is back as it was${backTo(report)}: ${fateCounts(report)}, ${took}.`
  if (result === 'unchanged')
    return `Nothing to deploy: ${app} in namespace \`${namespace}\` already is as it should be.`
  return `Deployed ${app} to namespace \`${namespace}\`${numbered}: ${fateCounts(report)}, ${took}.`
}

function backTo({ targetRevision }: Report): string {
  return targetRevision === undefined ? '' : ` in revision ${targetRevision}`
}

/** Short, since what went wrong has to find room in a description. */
function troubleWords({ mode, result, objects }: Report): string {
  if (mode === 'status') return 'is not well'
  switch (result) {
    case 'rolled-back':
      return 'was rolled back'
    case 'rollback-failed':
      return 'failed and could not be rolled back'
    case 'interrupted':
      return 'was interrupted'
    default:
      return objects.some(isTouched) ? 'failed, and is left as it is' : 'was not deployed'
  }
}

const isTouched = ({ fate }: ObjectReport): boolean => !['not-reached', 'unchanged'].includes(fate)
