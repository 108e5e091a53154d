import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Json, Plan } from '../plan/format.ts'
import { isMap } from '../plan/json.ts'
import type { Redact } from './model.ts'
import { codeOf, textOf } from './prose.ts'

/** Items in one paragraph: a paragraph can't be divided between comments. */
const ITEMS_PER_PARAGRAPH = 10
const LONGEST_MESSAGE = 300

const FAILED: Readonly<Record<string, string>> = { fail: '❌', error: '⚠️' }

/** Checks, conditions and validations that fail, each with its messages. */
export function checkBlocks(plan: Plan, redact: Redact): Block[] {
  const items = (plan.checks ?? []).flatMap(failedInstances).map(({ symbol, name, messages }) => {
    const said = messages.map((message) => textOf(message, redact, LONGEST_MESSAGE)).join(' · ')
    return `- ${symbol} ${codeOf(name, redact)}${said === '' ? '' : `: ${said}`}`
  })
  if (items.length === 0) return []
  return [{ kind: 'paragraph', markdown: '**Checks that fail**' }, ...listBlocks(items)]
}

/** A list as paragraphs of a few items each. The items are safe Markdown of one line. */
export function listBlocks(items: readonly string[]): Block[] {
  const paragraphs = Array.from({ length: Math.ceil(items.length / ITEMS_PER_PARAGRAPH) }, (_, index) =>
    items.slice(index * ITEMS_PER_PARAGRAPH, (index + 1) * ITEMS_PER_PARAGRAPH).join('\n'),
  )
  return paragraphs.map((markdown) => ({ kind: 'paragraph', markdown }))
}

interface Failure {
  symbol: string
  name: string
  messages: string[]
}

/** A check without instances is told of by itself. */
function failedInstances(check: Json): Failure[] {
  if (!isMap(check)) return []
  const instances = Array.isArray(check['instances']) ? check['instances'].flatMap(failure) : []
  return instances.length > 0 ? instances : failure(check)
}

function failure(checked: Json): Failure[] {
  if (!isMap(checked) || typeof checked['status'] !== 'string') return []
  const symbol = Object.hasOwn(FAILED, checked['status']) ? FAILED[checked['status']] : undefined
  if (symbol === undefined) return []
  const { address, problems } = checked
  const name = isMap(address) && typeof address['to_display'] === 'string' ? address['to_display'] : 'a check'
  return [{ symbol, name, messages: Array.isArray(problems) ? problems.flatMap(messageOf) : [] }]
}

function messageOf(problem: Json): string[] {
  return isMap(problem) && typeof problem['message'] === 'string' ? [problem['message']] : []
}
