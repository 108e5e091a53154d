import { describeError } from '../../../../../lib/action/errors.ts'
import { mapBounded } from '../../catalogue/pool.ts'
import type { Place } from '../../places/place.ts'
import { sourceFailed, sourceName } from '../programs.ts'
import { type Look, type Owner, PATIENCE, type Patience, snapshotStream, waitUntilReady } from '../snapshots.ts'
import type { EbsSource } from '../source.ts'
import type { StreamPlan } from '../stream.ts'
import { type Ec2, ec2At } from './aws.ts'
import { findVolumes, regionOf, type Volume } from './volumes.ts'

/** Of the AWS CLI, which takes some 70 MB each. */
const AT_ONCE = 4

/**
 * Snapshots of EBS volumes, made when the stream is started, and complete when it ends. The stream is a JSON document of references;
 * the data stays in EBS.
 *
 * They are no part of the retention of backups: each stays until somebody deletes it, or the user's own lifecycle does (Data Lifecycle
 * Manager leaves snapshots alone that it didn't make). Tags tell which backup a snapshot belongs to: `ondol-set`,
 * `ondol-backup-id` and `ondol-source`. Those of a backup that fails in the end are deleted with it.
 *
 * @throws BackupError `source-empty` when no volume has the tags; `source-failed` with EC2's own words; `client-missing`
 */
export async function prepareEbs(
  source: EbsSource,
  place: Place,
  owner: Owner,
  stop: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<StreamPlan> {
  const what = sourceName(source.id, place)
  const ec2 = ec2At(place, what)
  const volumes = await findVolumes(source, ec2, what)
  const tags = tagsOf(source, owner)
  await mapBounded(volumes, ({ volume }) => ec2.rehearse('create-snapshot', creation(volume, owner, tags)), AT_ONCE)
  const created: string[] = []

  async function make(signal: AbortSignal): Promise<object> {
    await createAll(volumes, async ({ volume }) => {
      const snapshot = await ec2.call<string | null>('create-snapshot', creation(volume, owner, tags), 'SnapshotId')
      if (snapshot === null) throw sourceFailed(what, `EC2 told no id of the snapshot of ${volume}.`)
      created.push(snapshot)
    })
    const snapshots = await waitUntilReady(what, lookAt(ec2, created, patience), patience, signal)
    return documentOf(owner, volumes, snapshots)
  }

  const remove = (): Promise<void> => removeAll(ec2, created, tags)
  return {
    streams: [snapshotStream({ name: 'ebs', make, remove }, stop)],
    facts: { product: 'Amazon EBS' },
    warnings: [],
  }
}

type Tags = Readonly<Record<string, string>>

function tagsOf({ id }: EbsSource, owner: Owner): Tags {
  return { 'ondol-set': owner.set, 'ondol-backup-id': owner.id, 'ondol-source': id }
}

function creation(volume: string, { set, id }: Owner, tags: Tags): object {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return {
    VolumeId: volume,
    Description: `Backup ${set}/${id} of ${volume}`,
    TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
  }
}

/** A failure is thrown when all have ended: what is made until then has to be known. */
async function createAll(volumes: readonly Volume[], create: (volume: Volume) => Promise<void>): Promise<void> {
  const errors: unknown[] = []
  await mapBounded(volumes, (volume) => create(volume).catch((error: unknown) => void errors.push(error)), AT_ONCE)
  if (errors.length > 0) throw errors[0]
}

interface Snapshot {
  snapshot: string
  volume: string
  /** `pending`, `completed`, `error`, … */
  state: string
  stateMessage: string | null
  progress: string | null
  startedAt: string
  sizeGiB: number
  encrypted: boolean
  account: string
}

const QUERY = `Snapshots[].{snapshot: SnapshotId, volume: VolumeId, state: State, stateMessage: StateMessage, progress: Progress,
  startedAt: StartTime, sizeGiB: VolumeSize, encrypted: Encrypted, account: OwnerId}`

/** By a filter, which is no error where a new snapshot isn't known everywhere yet. */
function lookAt(ec2: Ec2, ids: readonly string[], { graceMs }: Patience) {
  return async (elapsedMs: number): Promise<Look<Snapshot[]>> => {
    const request = { Filters: [{ Name: 'snapshot-id', Values: ids }] }
    const seen = await ec2.call<Snapshot[]>('describe-snapshots', request, QUERY)
    const bad = seen.find(({ state }) => state !== 'pending' && state !== 'completed')
    if (bad !== undefined) return { kind: 'failed', why: describe(bad) }
    const absent = ids.find((id) => !seen.some(({ snapshot }) => snapshot === id))
    if (absent !== undefined) {
      return { kind: elapsedMs > graceMs ? 'failed' : 'pending', why: `the snapshot ${absent} does not exist` }
    }
    const waiting = seen.find(({ state }) => state === 'pending')
    return waiting === undefined ? { kind: 'ready', value: seen } : { kind: 'pending', why: describe(waiting) }
  }
}

function describe({ snapshot, volume, state, stateMessage, progress }: Snapshot): string {
  const told = [progress, stateMessage].filter((word) => word !== null && word !== '').join(', ')
  return `the snapshot ${snapshot} of ${volume} is in the state ${state}${told === '' ? '' : ` (${told})`}`
}

function documentOf({ set, id }: Owner, volumes: readonly Volume[], snapshots: readonly Snapshot[]): object {
  return {
    format: 'ondol-ebs-snapshots',
    version: 1,
    set,
    id,
    snapshots: snapshots.map(({ stateMessage: _, progress: __, ...snapshot }) => {
      const { attachments = [], zone = '', type = '' } = volumes.find(({ volume }) => volume === snapshot.volume) ?? {}
      return { ...snapshot, region: regionOf(zone), zone, type, attachments }
    }),
  }
}

/**
 * Those whose creation was told, and those whose reply was lost.
 *
 * @throws Error that names what is left
 */
async function removeAll(ec2: Ec2, created: readonly string[], tags: Tags): Promise<void> {
  const Filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }))
  const found = await ec2
    .callDespiteInterrupt<string[]>('describe-snapshots', { OwnerIds: ['self'], Filters }, 'Snapshots[].SnapshotId')
    .catch((): string[] => [])
  const left: string[] = []
  const remove = async (snapshot: string): Promise<void> => {
    await ec2.callDespiteInterrupt('delete-snapshot', { SnapshotId: snapshot }, '@').catch((error: unknown) => {
      if (!/\(InvalidSnapshot\.NotFound\)/.test(describeError(error)))
        left.push(`${snapshot} (${describeError(error)})`)
    })
  }
  await mapBounded([...new Set([...created, ...found])], remove, AT_ONCE)
  if (left.length > 0) throw new Error(`Snapshots of a backup that failed could not be deleted: ${left.join('; ')}`)
}
