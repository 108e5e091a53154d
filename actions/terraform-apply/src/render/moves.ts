import type { Block } from '../../../../lib/markdown/blocks.ts'
import { effectOf, type ResourceChange } from '../plan/format.ts'
import type { Redact } from './model.ts'
import { codeOf } from './prose.ts'
import { reasonWords } from './reasons.ts'
import { importedBy } from './resource.ts'

/** An object that gets another address, or comes under management, and stays as it is. */
export function onlyMovesOrImports({ change, previous_address }: ResourceChange): boolean {
  return effectOf(change) === 'no-op' && (previous_address !== undefined || change.importing !== undefined)
}

/** All moves and imports without other changes, as one fold. */
export function moveBlocks(resources: readonly ResourceChange[], redact: Redact): Block[] {
  if (resources.length === 0) return []
  const moves = resources.filter(({ previous_address }) => previous_address !== undefined).length
  const imports = resources.filter(({ change }) => change.importing !== undefined).length
  const counts = [...(moves > 0 ? [`➡️ ${moves} move`] : []), ...(imports > 0 ? [`📥 ${imports} import`] : [])]
  const cell = (value: string | undefined): string => (value === undefined ? '' : codeOf(value, redact))
  const rows = resources.map(({ address, previous_address, change }) => [
    cell(address),
    cell(previous_address),
    cell(importedBy(change)),
  ])
  return [
    {
      kind: 'fold',
      summary: `${counts.join(' · ')} — without other changes`,
      blocks: [{ kind: 'table', header: ['Object', 'Moved from', 'Imported as'], rows }],
    },
  ]
}

/** Data sources that are read during the apply, as one fold. */
export function readBlocks(resources: readonly ResourceChange[], redact: Redact): Block[] {
  if (resources.length === 0) return []
  const rows = resources.map(({ address, action_reason }) => [
    codeOf(address, redact),
    action_reason === undefined ? '' : reasonWords(action_reason, redact),
  ])
  return [
    {
      kind: 'fold',
      summary: `📖 ${resources.length} read during the apply`,
      blocks: [{ kind: 'table', header: ['Data source', 'Why'], rows }],
    },
  ]
}
