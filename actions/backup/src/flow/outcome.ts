import type { BackupError } from '../failure.ts'
import type { Outputs } from '../outputs.ts'
import type { BackupFacts, ReportTable, Result } from '../report/model.ts'

/** What a mode came to. A failure that leaves something to tell is given here; any other one is thrown. */
export interface Outcome {
  result: Result
  /** One sentence. */
  headline: string
  backup?: BackupFacts
  tables: ReportTable[]
  warnings: string[]
  outputs: Outputs
  failure?: BackupError
}
