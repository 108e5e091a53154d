import { BackupError } from '../../failure.ts'
import type { EbsSource } from '../source.ts'
import type { Ec2 } from './aws.ts'

/** A volume as a restore has to know it: it comes back in this zone, and goes to these devices. */
export interface Volume {
  volume: string
  sizeGiB: number
  zone: string
  type: string
  attachments: { instance: string; device: string }[]
}

const QUERY = `Volumes[].{volume: VolumeId, sizeGiB: Size, zone: AvailabilityZone, type: VolumeType,
  attachments: Attachments[].{instance: InstanceId, device: Device}}`

/**
 * The volumes of a source, by id: those that it lists and those with all its tags.
 *
 * @throws BackupError `source-empty` when no volume has the tags; what `Ec2.call` throws, for an unknown id, too
 */
export async function findVolumes({ volumes, tags }: EbsSource, ec2: Ec2, what: string): Promise<Volume[]> {
  const listed = volumes.length === 0 ? [] : await describe(ec2, { VolumeIds: volumes })
  const tagged = Object.keys(tags).length === 0 ? [] : await describe(ec2, { Filters: filters(tags) })
  if (Object.keys(tags).length > 0 && tagged.length === 0) {
    throw new BackupError('source-empty', `${what} is empty: no volume has the tags ${told(tags)}.`, {
      remedy: 'Check tags in sources, and the account and region of the credentials.',
    })
  }
  const all = new Map([...listed, ...tagged].map((volume) => [volume.volume, volume]))
  return [...all.values()].sort((left, right) => (left.volume < right.volume ? -1 : 1))
}

function describe(ec2: Ec2, request: object): Promise<Volume[]> {
  return ec2.call('describe-volumes', request, QUERY)
}

/** Of other states no snapshot can be made. */
function filters(tags: EbsSource['tags']): object[] {
  const own = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }))
  return [...own, { Name: 'status', Values: ['available', 'in-use'] }]
}

function told(tags: EbsSource['tags']): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

/** `us-west-2-lax-1a` and `us-west-2a` are zones of `us-west-2`. */
export function regionOf(zone: string): string {
  return /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0] ?? zone
}
