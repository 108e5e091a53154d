/**
 * Who holds a lock, as a link that people can open: the run's page, with what tells its holder from others of the same run behind
 * the `#`. One run may deploy one app in several jobs, or legs of one matrix, at once.
 *
 * @param unique random, and kept for the post step
 */
export function holderOf(runUrl: string, job: string, unique: string): string {
  return `${runUrl}#${job.replace(/[^\w-]/g, '-')}-${unique}`
}

/** The run's page; of a holder that isn't ours whatever it says. */
export function linkOf(holder: string): string {
  return holder.replace(/#.*$/, '')
}

/** An attempt of a run begins when all of the attempt before has ended, so what that one holds nobody holds any more. */
export function isEarlierAttempt(holder: string, us: string): boolean {
  const theirs = attemptOf(holder)
  const ours = attemptOf(us)
  return theirs !== undefined && theirs.run === ours?.run && theirs.attempt < ours.attempt
}

function attemptOf(holder: string): { run: string; attempt: number } | undefined {
  const match = /^(?<run>https?:\/\/.+\/actions\/runs\/\d+)(?:\/attempts\/(?<attempt>\d+))?(?:#.*)?$/.exec(holder)
  const { run, attempt = '1' } = match?.groups ?? {}
  return run === undefined ? undefined : { run, attempt: Number(attempt) }
}
