import { readFile } from 'node:fs/promises'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { createClient } from '../../../../lib/github/client.ts'
import { readRuns } from '../catalogue/run-log.ts'
import { BackupError } from '../failure.ts'
import type { Session } from '../session.ts'
import { maxAgeFromCron } from '../status/cron.ts'
import { forecastIdle, type IdleForecast } from '../status/idle.ts'
import { judgeStatus } from '../status/judge.ts'
import { schedulesOf } from '../status/schedule.ts'
import { inWords } from '../status/words.ts'
import type { Outcome } from './outcome.ts'
import { readPast } from './past.ts'

const LOOKED_AT_RUNS = 30
/** Without a schedule to go by: a day, and what GitHub's queue may add. */
const DAILY_MS = 2 * 86_400_000 + 3_600_000

/** The dead-man switch: fails when there is no backup that is young enough, whole and proved. */
export async function tellStatus(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  const past = await readPast(store, inputs.set, keys)
  const { runs } = await readRuns(store, inputs.set, LOOKED_AT_RUNS, keys.catalogue)
  const maxAgeMs = inputs.maxAgeMs ?? (await maxAgeOf(session))
  const status = judgeStatus({
    manifests: past.backups,
    verdicts: past.verdicts,
    damaged: past.damaged,
    now: now(),
    maxAgeMs,
    maxVerifiedAgeMs: inputs.maxVerifiedAgeMs,
    idle: await idleForecast(session),
    log: runs,
  })
  const [first = '', ...others] = status.sentences
  const { newest, ageSeconds } = status
  const outputs = {
    ...(newest === undefined ? {} : { 'backup-id': newest }),
    ...(ageSeconds === undefined ? {} : { 'age-seconds': Math.round(ageSeconds) }),
  }
  const tables = [
    {
      title: 'What is looked at',
      columns: ['', 'Found', 'Allowed'],
      align: 'lll',
      rows: [
        ['Newest complete backup', age(status.newest, status.ageSeconds), inWords(maxAgeMs)],
        ['Last proof', age(status.verified, status.verifiedAgeSeconds), inWords(inputs.maxVerifiedAgeMs)],
        ['Backups', String(past.backups.length), ''],
        ['Damaged', String(past.damaged.size), '0'],
      ],
    },
  ]
  if (status.reason === undefined) return { result: status.result, headline: first, tables, warnings: others, outputs }
  return {
    result: 'failed',
    headline: first,
    tables,
    warnings: others,
    outputs,
    failure: new BackupError(status.reason, first),
  }
}

function age(id: string | undefined, seconds: number | undefined): string {
  return id === undefined || seconds === undefined ? 'none' : `\`${id}\`, ${inWords(seconds * 1000)} ago`
}

async function maxAgeOf({ inputs }: Session): Promise<number> {
  if (inputs.workflow === undefined) return DAILY_MS
  const text = await readFile(inputs.workflow, 'utf8').catch(() => {
    throw invalidInput(
      'The input workflow names a file that is not in the workspace; check the repository out first, or give max-age.',
    )
  })
  const schedules = schedulesOf(text)
  if (schedules.length === 0)
    throw invalidInput('The input workflow names a workflow without a schedule; give max-age in its place.')
  return maxAgeFromCron(schedules)
}

/** GitHub disables schedules of public repositories in which nothing happens. Without a token that can't be known. */
async function idleForecast({ inputs, context, log, now }: Session): Promise<IdleForecast | undefined> {
  if (inputs.token === undefined) return undefined
  try {
    const { owner, name } = context.repository
    const github = createClient({ token: inputs.token, repository: { owner, repo: name }, apiUrl: context.apiUrl })
    const { data } = await github.rest.repos.get({ ...github.repository })
    const lastActivityAt = data.pushed_at
    if (!lastActivityAt) return undefined
    const visibility = data.private ? 'private' : 'public'
    return forecastIdle({ visibility, lastActivityAt: new Date(lastActivityAt), now: now() })
  } catch (error) {
    log.debug(`Whether the schedule is about to be disabled isn't known: ${(error as Error).message}`)
    return undefined
  }
}
