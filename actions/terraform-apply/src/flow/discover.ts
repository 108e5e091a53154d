import { join, relative } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { listTree } from '../../../../lib/github/trees.ts'
import { toPosix } from '../closure/files.ts'
import { changedPaths } from '../discover/changes.ts'
import { type Codebase, readCodebase } from '../discover/codebase.ts'
import { concernedRoots, goneRoots } from '../discover/concern.ts'
import { contentReader } from '../discover/contents.ts'
import { writeNeutralChecks } from '../discover/neutral-checks.ts'
import { type Root, rootsOf } from '../discover/roots.ts'
import { type Scope, scopeOf } from '../discover/scope.ts'
import { type ReadText, takeSnapshot } from '../discover/snapshot.ts'
import type { Discovery } from '../discover/summary.ts'
import { tell, tellFound, tellUnknown } from '../discover/tell.ts'
import type { Outputs } from '../outputs.ts'
import type { Session } from '../session.ts'
import { TOOLS } from '../terraform/tool.ts'

/**
 * The roots that the event concerns, as a matrix for the jobs that follow. Roots, modules and changes are those of the
 * commits that the event names, read from GitHub's trees: the checkout may be of another commit, or shallow.
 */
export async function discoverRoots(session: Session): Promise<Outputs> {
  const scope = await scopeOf(session.context, session.github)
  if (scope.kind === 'nothing') {
    session.log.info(`No roots: ${scope.why}.`)
    return { matrix: '[]' }
  }
  const discovery = await discover(session, scope)
  tell(session, discovery)
  if (scope.kind === 'changes' && scope.checksOn !== undefined) await writeChecks(session, scope.checksOn, discovery)
  return { matrix: matrixOf(session, discovery) }
}

async function discover(session: Session, scope: Exclude<Scope, { kind: 'nothing' }>): Promise<Discovery> {
  const read = contentReader(session.github, session.repository)
  const codebase = await codebaseAt(session, scope.after, read)
  const now = rootsOf(codebase)
  tellFound(session, now)
  if (scope.kind === 'changes') return changedSince(session, scope.before, { codebase, roots: now.roots }, read)
  if (scope.kind === 'all') session.log.info(`All roots: ${scope.why}.`)
  else tellUnknown(session, scope.name, now.roots)
  const isAsked = ({ name }: Root): boolean => scope.kind === 'all' || name === scope.name
  const verdicts = now.roots.map((root) => ({
    root,
    concern: isAsked(root) ? ({ kind: 'asked' } as const) : undefined,
  }))
  return { verdicts, gone: [] }
}

async function changedSince(
  session: Session,
  before: string,
  now: { codebase: Codebase; roots: Root[] },
  read: ReadText,
): Promise<Discovery> {
  const old = await codebaseAt(session, before, read)
  const rootsBefore = rootsThen(old)
  const paths = changedPaths(old.snapshot.files, now.codebase.snapshot.files)
  session.log.info(`${paths.length} changed files.`)
  const { versionFile } = TOOLS[session.inputs.tool]
  return {
    verdicts: concernedRoots(now.roots, { paths, rootsBefore }, now.codebase, versionFile),
    gone: goneRoots(rootsBefore ?? [], now.roots).map((root) => ({
      ...root,
      stays: now.codebase.modules.has(root.directory),
    })),
  }
}

async function codebaseAt({ github }: Session, commit: string, read: ReadText): Promise<Codebase> {
  return readCodebase(await takeSnapshot(await listTree(github, commit, ''), read))
}

/** An ondol.yml that was wrong before says nothing about what there was; this change may be the one that mends it. */
function rootsThen(codebase: Codebase): Root[] | undefined {
  try {
    return rootsOf(codebase).roots
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

async function writeChecks(session: Session, headSha: string, { verdicts, gone }: Discovery): Promise<void> {
  const what = session.context.event.name === 'merge_group' ? 'merge group' : 'pull request'
  const untouched = verdicts
    .filter(({ concern }) => !concern)
    .map(({ root }) => ({ root, title: `Not touched by this ${what}` }))
  const deleted = gone
    .filter(({ name }) => !verdicts.some(({ root }) => root.name === name))
    .map((root) => ({ root, title: `Deleted by this ${what}` }))
  await writeNeutralChecks(session, headSha, [...untouched, ...deleted])
}

/** One line of JSON; folders are as `working-directory` takes them, relative to the workspace. */
function matrixOf({ context, repository }: Session, { verdicts }: Discovery): string {
  const entry = ({ name, directory, workspace }: Root) => ({
    name,
    directory: toPosix(relative(context.workspace, join(repository, directory))) || '.',
    workspace,
  })
  return JSON.stringify(verdicts.filter(({ concern }) => concern).map(({ root }) => entry(root)))
}
