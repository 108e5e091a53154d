import { BackupError, type FailureReason } from '../failure.ts'

/** What a transport's program says when it fails, and what that means. */
export interface Cause {
  says: RegExp
  /** After the name of the place, as in `ssh://host can't be reached.` */
  means: string
  remedy: string
  reason?: FailureReason
}

const LONGEST = 300

/** The first cause that fits, with the program's own last words; they have no secret of ours, which it never had. */
export function explainBy(causes: readonly Cause[], place: string, stderr: string): BackupError {
  const cause = causes.find(({ says }) => says.test(stderr))
  const words = lastWords(stderr)
  const said = words === '' ? '' : ` (${words})`
  if (cause === undefined) {
    return new BackupError('source-failed', `The connection to ${place} broke${said}.`, {
      remedy: 'Run it again; if it breaks at the same point, look at the log of that machine.',
    })
  }
  const { means, remedy, reason = 'source-failed' } = cause
  return new BackupError(reason, `${place} ${means}${said}.`, { remedy })
}

function lastWords(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1)?.trim() ?? ''
  return line.replace(/\.$/, '').slice(0, LONGEST)
}
