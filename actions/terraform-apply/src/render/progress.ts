import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Redact } from './model.ts'
import { codeOf, textOf } from './prose.ts'

/** How far an apply is. `seconds`: how long the resource took, or has taken so far. */
export interface Progress {
  resources: { address: string; action: string; state: 'waiting' | 'running' | 'done' | 'failed'; seconds?: number }[]
}

type Resource = Progress['resources'][number]

const SYMBOLS: Readonly<Record<Resource['state'], string>> = { waiting: '▫️', running: '⏳', done: '✅', failed: '❌' }
const ORDER: readonly Resource['state'][] = ['failed', 'running', 'done', 'waiting']

/** Longer tables are folded, but for what fails or runs. */
const LONGEST_TABLE = 30

/** Each resource's state and time: what failed and what runs first, then what is done, then what waits. */
export function progressBlocks(progress: Progress, redact: Redact): Block[] {
  const resources = ORDER.flatMap((state) => progress.resources.filter((resource) => resource.state === state))
  if (resources.length <= LONGEST_TABLE) return tableBlocks(resources, redact)
  const isUrgent = ({ state }: Resource): boolean => state === 'failed' || state === 'running'
  const others = resources.filter((resource) => !isUrgent(resource))
  return [
    ...tableBlocks(resources.filter(isUrgent), redact),
    { kind: 'fold', summary: foldSummary(others), blocks: tableBlocks(others, redact) },
  ]
}

/** `3 of 10 done`, with failures, as plain text. */
export function progressWords({ resources }: Progress): string {
  if (resources.length === 0) return 'no operation on a resource, only the state or outputs'
  const failed = resources.filter(({ state }) => state === 'failed').length
  return `${countOf(resources, 'done')} of ${resources.length} done${failed > 0 ? `, ${failed} failed` : ''}`
}

function tableBlocks(resources: readonly Resource[], redact: Redact): Block[] {
  if (resources.length === 0) return []
  const rows = resources.map(({ state, address, action, seconds }) => [
    SYMBOLS[state],
    codeOf(address, redact),
    textOf(action, redact, 40),
    seconds === undefined ? '' : duration(seconds),
  ])
  return [{ kind: 'table', header: ['', 'Object', 'Action', 'Time'], rows, align: 'cllr' }]
}

function foldSummary(resources: readonly Resource[]): string {
  const counts = (['done', 'waiting'] as const).map(
    (state) => `${SYMBOLS[state]} ${countOf(resources, state)} ${state}`,
  )
  return counts.join(' · ')
}

function countOf(resources: readonly Resource[], state: Resource['state']): number {
  return resources.filter((resource) => resource.state === state).length
}

/** `41 s`, `2 min 5 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
