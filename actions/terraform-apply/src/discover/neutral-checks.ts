import { createCheck } from '../../../../lib/github/checks.ts'
import { isForbidden } from '../../../../lib/github/client.ts'
import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import type { Session } from '../session.ts'
import type { Root } from './roots.ts'

const WRITTEN_AT_ONCE = 8

export interface Untouched {
  root: Root
  /** One plain line. */
  title: string
}

/**
 * A neutral check for each root that nobody will plan, because a branch rule may require it: GitHub lets a neutral one
 * pass, and waits for ever for one that nobody writes. In a merge queue it waits on the commit of the group.
 */
export async function writeNeutralChecks(
  session: Session,
  headSha: string,
  roots: readonly Untouched[],
): Promise<void> {
  const [first, ...others] = roots
  if (!first) return
  try {
    // Alone, so that a token without the permission asks once.
    await writeCheck(session, headSha, first)
    await inParallel(others, WRITTEN_AT_ONCE, (root) => writeCheck(session, headSha, root))
  } catch (error) {
    if (isForbidden(error)) session.log.info('No checks were written: the token lacks "checks: write".')
    else
      session.log.annotate({
        level: 'warning',
        message: `The checks of the roots that are not touched could not be written: ${(error as Error).message}`,
      })
  }
}

function writeCheck({ github, context }: Session, headSha: string, { root, title }: Untouched): Promise<void> {
  return createCheck(github, {
    name: `ondol / ${root.name}`,
    headSha,
    conclusion: 'neutral',
    title,
    summary: `${title}, so there is no plan.`,
    url: context.runUrl,
  })
}
