import type { Block } from '../../../../lib/markdown/blocks.ts'
import { text } from '../../../../lib/markdown/escape.ts'
import type { Difference, Shown } from '../plan/compare.ts'
import { listBlocks } from './checks.ts'
import type { Redact } from './model.ts'
import { codeOf } from './prose.ts'

const MOST_DIFFERENCES = 50
const LONGEST_VALUE = 120

/** In words, how the plan made now differs from the reviewed one. */
export function differenceBlocks(differences: readonly Difference[], redact: Redact): Block[] {
  const items = differences.slice(0, MOST_DIFFERENCES).map((difference) => `- ${sentence(difference, redact)}`)
  const more = differences.length - items.length
  return listBlocks(more > 0 ? [...items, `- and ${more} more`] : items)
}

function sentence(difference: Difference, redact: Redact): string {
  const address = 'address' in difference ? codeOf(difference.address, redact) : ''
  switch (difference.kind) {
    case 'appeared':
      return `${address} is to be ${participle(difference.actions)}; the reviewed plan doesn't touch it`
    case 'vanished':
      return `${address} isn't touched any more; in the reviewed plan it was to be ${participle(difference.actions)}`
    case 'action':
      return `${address} is to be ${participle(difference.now)}; in the reviewed plan it was to be ${participle(difference.reviewed)}`
    case 'value':
      return `${address}: ${codeOf(difference.attribute, redact)} ${valueWords(difference, redact)}`
    case 'fact':
      return `${address}: ${factWords(difference.fact)} differs from the reviewed plan`
    case 'setting':
      return settingWords(difference)
  }
}

const PARTICIPLES: Readonly<Record<string, string>> = {
  create: 'created',
  read: 'read during the apply',
  update: 'changed',
  delete: 'destroyed',
  forget: 'forgotten',
  'delete, then create': 'replaced',
  'create, then delete': 'replaced, the new one first',
  'forget, then create': 'forgotten and created anew',
  'create, then forget': 'forgotten and created anew',
  'no-op': 'moved or imported',
}

function participle(actions: string): string {
  return text(Object.hasOwn(PARTICIPLES, actions) ? (PARTICIPLES[actions] ?? actions) : actions)
}

type ValueDifference = Extract<Difference, { kind: 'value' }>

function valueWords({ side, reviewed, now }: ValueDifference, redact: Redact): string {
  if (side === 'unknown') return unknownWords(now)
  if (reviewed.kind === 'sensitive' || now.kind === 'sensitive') {
    return side === 'after'
      ? '(sensitive) is to become another value'
      : '(sensitive) has another value in the real world or the state'
  }
  const [then, today] = [shown(reviewed, redact), shown(now, redact)]
  const values = then === today ? 'another value, which differs in a part not shown here' : undefined
  if (side === 'after') return `is to become ${values ?? `${today}; reviewed was ${then}`}`
  return `in the real world or the state is now ${values ?? `${today}; at review it was ${then}`}`
}

function unknownWords(now: Shown): string {
  return now.kind === 'absent'
    ? 'is known now; at review it was to be known after the apply'
    : 'is known only after the apply; at review it was known'
}

function shown(value: Shown, redact: Redact): string {
  return value.kind === 'text' ? codeOf(value.text, redact, LONGEST_VALUE) : 'nothing'
}

const FACTS: Readonly<Record<string, string>> = {
  replace_paths: 'what forces the replacement',
  importing: 'what is imported',
  previous_address: 'where it is moved from',
  action_reason: 'the reason',
  provider_name: 'the provider',
}

function factWords(fact: string): string {
  return text(Object.hasOwn(FACTS, fact) ? (FACTS[fact] ?? fact) : fact.replaceAll('_', ' '))
}

/** A setting is a version, or only known to be there. */
function settingWords({ what, reviewed, now }: Extract<Difference, { kind: 'setting' }>): string {
  const name = text(what)
  if (reviewed === 'absent') return `${name} is new`
  if (now === 'absent') return `${name} is gone`
  if (reviewed === now) return `${name} differs from the reviewed one`
  return `${name} is ${text(now)}; reviewed was ${text(reviewed)}`
}
