import { BackupError } from '../failure.ts'
import type { Place } from '../places/place.ts'

/** What a place has for reading files. Without GNU find and tar every backup of it is a full one. */
export type Tools = { kind: 'gnu'; find: string; tar: string } | { kind: 'basic'; tar: string }

/** GNU's programs have another name where the system has its own: on macOS and the BSDs. */
const FINDS = ['find', 'gfind']
const TARS = ['tar', 'gtar']

/** @throws BackupError `client-missing` when there is no tar at all */
export async function findTools(place: Place): Promise<Tools> {
  const [find, tar] = await Promise.all([firstOf(place, FINDS, 'GNU findutils'), firstOf(place, TARS, 'GNU tar')])
  if (find !== undefined && tar !== undefined) return { kind: 'gnu', find, tar }
  if (tar !== undefined || (await isThere(place, 'tar'))) return { kind: 'basic', tar: tar ?? 'tar' }
  throw new BackupError('client-missing', `${place.name} has no program tar.`, { remedy: 'Install GNU tar there.' })
}

async function firstOf(place: Place, names: readonly string[], title: string): Promise<string | undefined> {
  for (const name of names) {
    const version = await versionOf(place, name)
    if (version?.includes(title)) return name
  }
  return undefined
}

async function isThere(place: Place, name: string): Promise<boolean> {
  return (await versionOf(place, name)) !== undefined
}

async function versionOf(place: Place, name: string): Promise<string | undefined> {
  try {
    return (await place.run({ argv: [name, '--version'] })).stdout.toString()
  } catch (error) {
    if (error instanceof BackupError && error.reason === 'client-missing') return undefined
    throw error
  }
}
