import { describeError } from '../../../../lib/action/errors.ts'
import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'
import type { Session } from '../session.ts'
import type { Source } from '../sources/source.ts'
import { isClaim } from '../sources/volumes/read.ts'
import type { Draft } from './draft.ts'
import { prepareFiles } from './files-task.ts'
import type { Plan, SourceOutcome, Work } from './source-outcome.ts'
import { prepareStreams } from './streams-task.ts'

/** One source, ready to be read: whatever can be refused before something is written has been looked at. */
export interface SourceTask {
  source: Source
  run(draft: Draft): Promise<SourceOutcome>
  close(): Promise<void>
}

/** Opens the place of each source and looks at it. Throws a BackupError for the first that can't be read; then all are closed. */
export async function prepareSources(session: Session, plan: Plan): Promise<SourceTask[]> {
  const tasks: SourceTask[] = []
  try {
    for (const source of session.inputs.sources) tasks.push(await prepare(session, source, plan))
    return tasks
  } catch (error) {
    await closeAll(tasks)
    throw error
  }
}

export async function closeAll(tasks: readonly SourceTask[]): Promise<void> {
  await Promise.allSettled(tasks.map((task) => task.close()))
}

async function prepare(session: Session, source: Source, plan: Plan): Promise<SourceTask> {
  const place = await session.openPlace(hasNoShell(source) ? { kind: 'local' } : source.on)
  try {
    const work = await workOf(session, source, place, plan)
    return { source, run: (draft) => withHooks(source, place, () => work(draft)), close: () => place.close() }
  } catch (error) {
    await place.close()
    throw error
  }
}

/** Nothing can be run in a volume: what surrounds its snapshot runs here. */
function hasNoShell(source: Source): boolean {
  return source.kind === 'volume-snapshot' && isClaim(source.on)
}

function workOf(session: Session, source: Source, place: Place, plan: Plan): Promise<Work> {
  return source.kind === 'files'
    ? prepareFiles(session, source, place, plan)
    : prepareStreams(session, source, place, plan)
}

/** `pre` must succeed; `post` runs whatever became of the rest, also when the run was cancelled, and its failure is a warning. */
async function withHooks(
  { id, hooks }: Source,
  place: Place,
  work: () => Promise<SourceOutcome>,
): Promise<SourceOutcome> {
  const { pre, post } = hooks
  try {
    if (pre !== undefined) await runHook(`The pre hook of ${id}`, place, pre, false)
    const outcome = await work()
    const flaw =
      post === undefined ? undefined : await failureOf(() => runHook(`The post hook of ${id}`, place, post, true))
    return flaw === undefined ? outcome : { ...outcome, warnings: [...outcome.warnings, flaw] }
  } catch (error) {
    if (post !== undefined) await failureOf(() => runHook(`The post hook of ${id}`, place, post, true))
    throw error
  }
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  return await work().then(
    () => undefined,
    (error: unknown) => describeError(error),
  )
}

async function runHook(what: string, place: Place, argv: readonly string[], despiteInterrupt: boolean): Promise<void> {
  const [program, ...args] = argv as [string, ...string[]]
  const { code, signal, stderr } = await place.run({ argv: [program, ...args], despiteInterrupt })
  if (code === 0) return
  const said = stderr.trim().split('\n').at(-1) ?? ''
  throw new BackupError(
    'source-failed',
    `${what} ended with ${signal ?? `code ${code}`} on ${place.name}${said === '' ? '' : `: ${said}`}.`,
  )
}
