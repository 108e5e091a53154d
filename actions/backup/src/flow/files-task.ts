import { encodeDeleted } from '../catalogue/deleted.ts'
import { dataKey, deletedKey, tarKey } from '../catalogue/keys.ts'
import { backUpFiles } from '../files/back-up.ts'
import { requirePathsOf } from '../files/basic.ts'
import { describeProblem } from '../files/problem.ts'
import { sealSmall } from '../pipeline/small.ts'
import type { ObjectSink, Place } from '../places/place.ts'
import type { Session } from '../session.ts'
import type { FilesSource } from '../sources/source.ts'
import type { Draft } from './draft.ts'
import { indexed, type Plan, type SourceOutcome, type Work } from './source-outcome.ts'

/** Content of one archive: a retry costs no more than this, and few stores refuse an object of its size. */
const VOLUME_BYTES = 4 * 2 ** 30
const MOST_PROBLEMS = 200

/** Archives what has changed since the parent. Throws a BackupError when a path isn't there. */
export async function prepareFiles(session: Session, source: FilesSource, place: Place, plan: Plan): Promise<Work> {
  await requirePathsOf(place, source)
  return (draft) => backUp(session, source, place, plan, draft)
}

async function backUp(
  { inputs }: Session,
  source: FilesSource,
  place: Place,
  { id, encryption, previous }: Plan,
  draft: Draft,
): Promise<SourceOutcome> {
  const openSink = (name: string, estimate: number): ObjectSink => {
    const volume = Number(name.split('.').at(-2))
    // More than one object only where a file is larger than the store's largest object.
    const keyOf = (piece: number): string =>
      piece === 0
        ? tarKey(source.id, volume, encryption)
        : dataKey(`${source.id}.${volume}.part${piece}.tar`, encryption)
    const { stream, done } = draft.upload({ kind: 'tar', source: source.id, keyOf, estimate })
    return { stream, done: done.then(() => undefined) }
  }
  const { entries, deleted, problems, files, bytesRead } = await backUpFiles(source, place, {
    previous: previous(source.id),
    home: id,
    volumeBytes: VOLUME_BYTES,
    // One archive at a time keeps every core busy with compression.
    concurrency: 1,
    detect: inputs.detect,
    openSink,
  })
  if (deleted.length > 0) {
    const sealing = { level: inputs.compressionLevel, recipients: inputs.protection.recipients }
    const list = await sealSmall(encodeDeleted(deleted), sealing)
    await draft.put({ key: deletedKey(source.id, encryption), kind: 'deleted', source: source.id }, list)
  }
  const unsaid = problems.length - MOST_PROBLEMS
  return {
    indexed: indexed(source, { entries: entries.length, dumps: [] }),
    entries,
    files,
    bytesRead,
    warnings: [
      ...problems.slice(0, MOST_PROBLEMS).map((problem) => `\`${source.id}\`: ${describeProblem(problem)}`),
      ...(unsaid > 0 ? [`\`${source.id}\`: ${unsaid} more paths had such a problem.`] : []),
    ],
  }
}
