import type { KubeObject } from './objects.ts'

/** Where a document was written. `file` is relative to the workspace, as annotations want it; lines count from 1. */
export interface Source {
  file: string
  /** Which document of the file, from 1. */
  document: number
  line: number
}

/** One document of the manifests. */
export interface Manifest {
  object: KubeObject
  source: Source
}
