import { counted } from '../../../../lib/markdown/words.ts'
import { latest, unrestorable } from '../chain/resolve.ts'
import { standingsOf } from '../chain/verdicts.ts'
import { size } from '../report/sizes.ts'
import type { Session } from '../session.ts'
import type { Outcome } from './outcome.ts'
import { readPast } from './past.ts'

const MOST_ROWS = 200

/** The set's backups, newest first, with what is known of each. */
export async function list(session: Session): Promise<Outcome> {
  const { inputs, store, keys, now } = session
  const past = await readPast(store, inputs.set, keys)
  const obstacles = unrestorable(past.backups, past.damaged)
  const standings = standingsOf(past.verdicts)
  const newest = latest(past.backups.filter(({ id }) => !obstacles.has(id)))
  const shown = past.backups.toReversed().slice(0, MOST_ROWS)
  for (const { id, type, parent } of shown)
    session.log.info([id, type, parent ?? '', obstacles.get(id) ?? ''].join(' ').trimEnd())
  const rows = shown.map(({ id, type, parent, sources, objects }) => {
    const standing = standings.get(id)
    const proof = standing === undefined ? 'not yet' : `${standing.kind}, ${standing.verdict.at.slice(0, 10)}`
    return [
      `\`${id}\``,
      type,
      parent === undefined ? '' : `\`${parent}\``,
      String(sources.reduce((sum, { files = 0 }) => sum + files, 0)),
      size(objects.reduce((sum, { bytes }) => sum + bytes, 0)),
      proof,
      obstacles.get(id) ?? 'yes',
    ]
  })
  return {
    result: past.damaged.size > 0 ? 'warning' : 'ok',
    headline:
      newest === undefined
        ? `The set ${inputs.set} has no backup that can be restored.`
        : `The set ${inputs.set} has ${counted(past.backups.length, 'backup')}; the newest that can be restored is ${newest.id}.`,
    tables: [
      {
        title: 'Backups',
        columns: ['Backup', 'Type', 'Upon', 'Files', 'Stored', 'Proved', 'Can be restored'],
        align: 'lllrrll',
        rows,
        more: past.backups.length - shown.length,
      },
    ],
    warnings: [...past.damaged.values()],
    outputs:
      newest === undefined
        ? {}
        : {
            'backup-id': newest.id,
            type: newest.type,
            'age-seconds': Math.round((now().getTime() - Date.parse(newest.startedAt)) / 1000),
          },
  }
}
