import { appendSummary } from '../../../../lib/action/summary.ts'
import type { Session } from '../session.ts'
import type { RepositoryRoots, Root } from './roots.ts'
import { type Discovery, goneText, summaryOf } from './summary.ts'

/** How many names a line of the log lists. */
const SHOWN = 20

/** What was looked for and not found: a wrong guess would leave a root out in silence. */
export function tellFound({ log }: Session, { roots, unclear }: RepositoryRoots): void {
  if (unclear.length > 0) {
    const folders = unclear.slice(0, SHOWN).join(', ') + (unclear.length > SHOWN ? ', …' : '')
    log.info(`Not taken for roots, because they have no backend, lock file, values or provider: ${folders}.`)
  }
  if (roots.length > 0) return
  log.annotate({
    level: 'warning',
    message: 'The repository has no root of Terraform that can be told by its look; list them in ondol.yml.',
  })
}

/** A command may misspell a root's name. */
export function tellUnknown({ log }: Session, name: string, roots: readonly Root[]): void {
  if (roots.some((root) => root.name === name)) return
  const known = roots.slice(0, SHOWN).map((root) => root.name)
  log.annotate({
    level: 'warning',
    message: `No root has the name ${JSON.stringify(name)}; there are ${known.join(', ')}${roots.length > SHOWN ? ', …' : ''}.`,
  })
}

/** GitHub starts no more jobs than this of one matrix, and fails a longer one. */
const MATRIX_LIMIT = 256

/** The result: a line in the log, the table in the summary, and a warning for what would go unseen. */
export function tell(session: Session, discovery: Discovery): void {
  const { verdicts, gone } = discovery
  const concerned = verdicts.filter(({ concern }) => concern).map(({ root }) => root.name)
  const names = concerned.length > 0 ? `: ${concerned.join(', ')}` : ''
  session.log.info(`${concerned.length} of ${verdicts.length} roots are concerned${names}.`)
  if (session.inputs.summary) appendSummary(session.summaryFile, session.redact(summaryOf(discovery)), '')
  if (gone.length > 0)
    session.log.annotate({ level: 'warning', title: 'Roots that are gone', message: goneText(gone, (name) => name) })
  if (concerned.length > MATRIX_LIMIT) {
    session.log.annotate({
      level: 'warning',
      message: `The matrix has ${concerned.length} entries, and GitHub takes at most ${MATRIX_LIMIT} in one; split it.`,
    })
  }
}
