import type { BackupType } from '../catalogue/manifest.ts'
import type { RunEntry } from '../catalogue/run-log.ts'
import type { FailureReason } from '../failure.ts'
import type { Mode } from '../inputs.ts'

export type Result = 'ok' | 'warning' | 'failed'

/** What one run came to; the file of report-path is this as JSON. Texts are plain, with `backticks` around names. */
export interface Report {
  format: 'ondol-backup-report'
  version: 1
  mode: Mode
  set: string
  /** Name of the store, for people. */
  store: string
  result: Result
  /** RFC 3339, UTC. */
  startedAt: string
  seconds: number
  /** One sentence. */
  headline: string
  backup?: BackupFacts
  tables: ReportTable[]
  /** What didn't go as it should and cost nothing that was asked for; a sentence each. */
  warnings: string[]
  failure?: { reason: FailureReason; message: string; remedy?: string }
  /** The last runs by the log in the store, oldest first. */
  runs: RunEntry[]
}

export interface BackupFacts {
  id: string
  type: BackupType
  /** The sentence that says why it has this type. */
  because?: string
  parent?: string
  files: number
  bytesRead: number
  bytesStored: number
  manifestKey: string
}

export interface ReportTable {
  title: string
  columns: string[]
  /** A letter per column: l or r. */
  align: string
  rows: string[][]
  /** Rows that were left out. */
  more?: number
}
