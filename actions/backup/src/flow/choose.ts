import type { Manifest } from '../catalogue/manifest.ts'
import { chainOf, latest, unrestorable } from '../chain/resolve.ts'
import { BackupError } from '../failure.ts'
import type { Past } from './past.ts'

/** The backup that an input means, and all that it needs, oldest first. */
export interface Chosen {
  backup: Manifest
  chain: Manifest[]
}

/**
 * `latest` is the newest backup that can be restored, as far as a look at the store tells; an id is that backup or none.
 *
 * @throws BackupError `no-backup`, `corrupt`
 */
export function choose(wanted: string, set: string, past: Past): Chosen {
  const obstacles = unrestorable(past.backups, past.damaged)
  const backup =
    wanted === 'latest'
      ? latest(past.backups.filter(({ id }) => !obstacles.has(id)))
      : past.backups.find(({ id }) => id === wanted)
  if (backup === undefined) throw absent(wanted, set, past)
  const obstacle = obstacles.get(backup.id)
  const chain = chainOf(backup.id, past.backups)
  if (obstacle !== undefined) throw new BackupError('corrupt', obstacle)
  if ('broken' in chain) throw new BackupError('corrupt', chain.broken)
  return { backup, chain }
}

/** The backup that is to be looked at, sound or not. Throws `no-backup`, or `corrupt` when its manifest can't be used. */
export function pickBackup(wanted: string, set: string, past: Past): Manifest {
  const backup = wanted === 'latest' ? latest(past.backups) : past.backups.find(({ id }) => id === wanted)
  if (backup === undefined) throw absent(wanted, set, past)
  return backup
}

function absent(wanted: string, set: string, { backups, damaged }: Past): BackupError {
  const flaw = damaged.get(wanted) ?? [...damaged.values()].at(-1)
  if (flaw !== undefined && (wanted === 'latest' || damaged.has(wanted))) return new BackupError('corrupt', flaw)
  if (backups.length === 0) {
    return new BackupError('no-backup', `The set ${set} has no backup.`, {
      remedy: 'Look whether set, bucket and prefix are those of the backup.',
    })
  }
  const known = backups.slice(-5).map(({ id }) => id)
  return new BackupError('no-backup', `The set ${set} has no backup ${wanted}.`, {
    remedy: `The newest ones are ${known.join(', ')}.`,
  })
}
