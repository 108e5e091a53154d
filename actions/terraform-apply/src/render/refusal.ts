import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Difference, Shown } from '../plan/compare.ts'
import { listBlocks } from './checks.ts'
import type { Redact } from './model.ts'
import { codeOf, textOf, wordsFor } from './prose.ts'

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
      return `${address} is to be ${wordsFor(PARTICIPLES, difference.actions, redact)}; the reviewed plan doesn't touch it`
    case 'vanished':
      return `${address} isn't touched any more; in the reviewed plan it was to be ${wordsFor(PARTICIPLES, difference.actions, redact)}`
    case 'action':
      return `${address} is to be ${wordsFor(PARTICIPLES, difference.now, redact)}; in the reviewed plan it was to be ${wordsFor(PARTICIPLES, difference.reviewed, redact)}`
    case 'value':
      return `${address}: ${codeOf(difference.attribute, redact)} ${valueWords(difference, redact)}`
    case 'fact':
      return `${address}: ${wordsFor(FACTS, difference.fact, redact)} differs from the reviewed plan`
    case 'setting':
      return settingWords(difference, redact)
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

/** A setting is a version, or only known to be there. */
function settingWords({ what, reviewed, now }: Extract<Difference, { kind: 'setting' }>, redact: Redact): string {
  const name = textOf(what, redact, LONGEST_VALUE)
  if (reviewed === 'absent') return `${name} is new`
  if (now === 'absent') return `${name} is gone`
  if (reviewed === now) return `${name} differs from the reviewed one`
  return `${name} is ${textOf(now, redact, LONGEST_VALUE)}; reviewed was ${textOf(reviewed, redact, LONGEST_VALUE)}`
}
