import { alert } from '../../../../lib/markdown/alert.ts'
import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Guard, Redact } from './model.ts'
import { codeOf, listed, textOf } from './prose.ts'

/** Protected objects named in the alert; all of them have a fold of their own. */
const MOST_NAMED = 10

/** What the destroy guard objects to, and the label that permits it. Empty when it objects to nothing. */
export function guardBlocks(guard: Guard, redact: Redact): Block[] {
  const objections = [...protectedLines(guard, redact), ...limitLines(guard, redact)]
  if (objections.length === 0) return []
  const label = codeOf(guard.label, redact)
  return guard.labelled
    ? [alert('WARNING', [...objections, `The label ${label} permits it.`])]
    : [
        alert('CAUTION', [
          ...objections,
          `The apply needs the label ${label}, put on from now on by somebody with the permission who isn't the author.`,
        ]),
      ]
}

function protectedLines({ protected: objects }: Guard, redact: Redact): string[] {
  if (objects.length === 0) return []
  const named = objects.slice(0, MOST_NAMED).map(({ address, effect, because }) => {
    const forced = because.map((attribute) => codeOf(attribute, redact, 80))
    const word = effect === 'delete' ? 'destroy' : 'replace'
    return `- ${codeOf(address, redact)} — ${word}${forced.length > 0 ? `, forced by ${listed(forced, 3)}` : ''}`
  })
  const more = objects.length - named.length
  const heading = `Destroys ${objects.length} protected object${objects.length === 1 ? '' : 's'}:`
  return [heading, ...named, ...(more > 0 ? [`- and ${more} more`] : []), '']
}

function limitLines({ tooMany }: Guard, redact: Redact): string[] {
  if (!tooMany) return []
  return [`Destroys ${tooMany.destroys} objects, more than the limit of ${textOf(tooMany.limit, redact, 40)}.`, '']
}
