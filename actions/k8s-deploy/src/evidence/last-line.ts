import { stripVTControlCharacters } from 'node:util'
import { oneLine } from '../readiness/say.ts'
import type { Verdict } from '../readiness/verdict.ts'
import type { Evidence } from '../report/model.ts'

/** What is told of containers that ended by themselves. */
const ENDED: readonly string[] = ['crash-loop', 'job-failed']

/** The verdict's sentence with the last line that its container wrote before it ended, which mostly says why: foreign text. */
export function withLastLine({ reason, message, pod, container }: Verdict, evidence: readonly Evidence[]): string {
  const log = evidence.flatMap(({ logs }) => logs).find((one) => one.pod === pod && one.container === container)
  const line = stripVTControlCharacters(log?.text ?? '')
    .split('\n')
    .findLast((text) => text.trim() !== '')
  if (line === undefined || !ENDED.includes(reason)) return message
  return `${message.replace(/\.$/, '')}; its last log line: ${oneLine(line)}`
}
