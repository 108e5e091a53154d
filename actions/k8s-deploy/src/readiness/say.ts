import type { FailureReason } from '../failure.ts'
import { describeRef, type KubeObject } from '../kube/objects.ts'
import { textAt } from './read.ts'
import type { Sign } from './signs.ts'
import type { Verdict } from './verdict.ts'

const longestDetail = 300

/** ``Deployment `web` ``, also for an object that isn't one. */
export function named(object: KubeObject): string {
  return describeRef({
    kind: textAt(object, 'kind') ?? 'Object',
    name: textAt(object, 'metadata', 'name') ?? '?',
  })
}

export function ready(object: KubeObject, message = 'is ready', reason = 'ready'): Verdict {
  return { state: 'ready', reason, message: `${named(object)} ${message}.` }
}

export function inProgress(object: KubeObject, reason: string, message: string): Verdict {
  return { state: 'in-progress', reason, message: `${named(object)} ${message}.` }
}

export function failed(object: KubeObject, reason: FailureReason, message: string, remedy?: string): Verdict {
  return {
    state: 'failed',
    reason,
    message: sentence(`${named(object)}: ${message}`),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

/** A sign in words, as what is wrong with the object that it belongs to. */
export function failedBy(object: KubeObject, { rule, facts, pod, container }: Sign): Verdict {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => oneLine(facts[name] ?? '?'))
  return {
    ...failed(object, rule.reason, fill(rule.says), rule.remedy),
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
  }
}

/** A failed probe's answer, without the kubelet's words that it failed. */
export function probeAnswer(message: string): string {
  return message.replace(/^(readiness|liveness|startup) probe failed: /i, '')
}

/** Foreign text in a sentence: one line, of a length that can be read. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line
}

function sentence(text: string): string {
  return /[.…]$/.test(text) ? text : `${text}.`
}
