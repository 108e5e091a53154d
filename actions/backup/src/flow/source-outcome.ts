import type { IndexedSource } from '../catalogue/index-file.ts'
import type { Entry } from '../files/entry.ts'
import { describeLocation } from '../sources/location.ts'
import type { FilesSource, Source } from '../sources/source.ts'
import type { Draft } from './draft.ts'

/** What came of reading one source. */
export interface SourceOutcome {
  indexed: IndexedSource
  entries: Entry[]
  files: number
  bytesRead: number
  /** Sentences. */
  warnings: string[]
}

/** What a backup knows before its sources are read. */
export interface Plan {
  id: string
  encryption: 'age' | 'none'
  /** Entries of a source in the index of the parent; none for a full backup. */
  previous(source: string): readonly Entry[]
}

/** Reads a source into the draft. */
export type Work = (draft: Draft) => Promise<SourceOutcome>

/** What the index tells of a source beside its entries. */
export function indexed(
  source: Pick<Source, 'id' | 'kind' | 'on'> & Partial<Pick<FilesSource, 'paths' | 'exclude'>>,
  facts: Pick<IndexedSource, 'entries' | 'dumps' | 'facts'>,
): IndexedSource {
  const { paths = [], exclude = [] } = source
  return { id: source.id, kind: source.kind, on: describeLocation(source.on), paths, exclude, ...facts }
}
