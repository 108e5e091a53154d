import { shownLine } from '../../../../lib/markdown/blocks.ts'
import type { ObjectDiff } from '../diff/diff.ts'
import { describeRef, keyOf } from '../kube/objects.ts'
import { changedOf, diffHeadline } from './diff-headline.ts'
import type { DiffReport } from './diff-model.ts'
import { hookWords } from './words.ts'

/** All of it as a unified diff for a file. Takes a redacted report. */
export function diffText(report: DiffReport): string {
  const remarks = [
    `${report.app} in namespace ${report.namespace}: ${diffHeadline(report)}`,
    ...report.problems.map(({ message }) => `refused: ${message}`),
    ...report.uncompared.map(({ why }) => `not compared: ${why}`),
    ...report.notes,
    ...report.hooks.map((hook) => `${describeRef(hook.diff.object)} ${hookWords(hook)}`),
  ]
  const hooks = report.hooks.map(({ diff }) => diff).filter(({ change }) => change !== 'none')
  const lines = [...remarks.map((remark) => `# ${remark}`), ...[...hooks, ...changedOf(report)].flatMap(fileLines)]
  return `${lines.map(shownLine).join('\n')}\n`
}

function fileLines({ object, change, lines }: ObjectDiff): string[] {
  const path = keyOf(object).replace(/^\//, '')
  return [
    '',
    `--- ${change === 'create' ? '/dev/null' : `live/${path}`}`,
    `+++ ${change === 'delete' ? '/dev/null' : `manifests/${path}`}`,
    ...lines,
  ]
}
