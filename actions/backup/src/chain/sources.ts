import { describeLocation } from '../sources/location.ts'
import type { Source } from '../sources/source.ts'

/** What the next backup needs to know of a source to build upon this one. */
export interface SourceIdentity {
  id: string
  kind: string
  /** Where it is and which paths it has, as text: differences from one tree mean nothing for another. Empty for a dump. */
  tree: string
}

export function identify(source: Source): SourceIdentity {
  const paths = source.kind === 'files' ? source.paths : []
  return identifyIndexed({ id: source.id, kind: source.kind, on: describeLocation(source.on), paths })
}

/** The same of a source as an index tells of it. Dumps are whole in every backup: of a database nothing but its place in the list counts. */
export function identifyIndexed(source: {
  id: string
  kind: string
  on: string
  paths: readonly string[]
}): SourceIdentity {
  const { id, kind, on, paths } = source
  return { id, kind, tree: kind === 'files' ? JSON.stringify([on, paths.toSorted()]) : '' }
}

/** How the sources of a run differ from those of the backup that it would build upon, in a sentence. */
export function describeSourceChange(
  before: readonly SourceIdentity[],
  now: readonly SourceIdentity[],
): string | undefined {
  const added = now.find(({ id }) => !before.some((known) => known.id === id))
  if (added !== undefined) return `Source ${added.id} is new.`
  const gone = before.find(({ id }) => !now.some((known) => known.id === id))
  if (gone !== undefined) return `Source ${gone.id} is no more among the sources.`
  const changed = now.find(({ id, tree }) => before.some((known) => known.id === id && known.tree !== tree))
  return changed === undefined ? undefined : `Source ${changed.id} has another place or other paths than before.`
}
