import type { Readable } from 'node:stream'
import type { Store } from '../../../../lib/s3/store.ts'
import { backupFolder, readDataKey } from '../catalogue/keys.ts'
import type { Manifest, ObjectRecord } from '../catalogue/manifest.ts'
import { readObjects } from '../pipeline/read-objects.ts'
import type { Identities } from '../pipeline/sealing.ts'

type Records = [ObjectRecord, ...ObjectRecord[]]

/** The streams of a backup of one kind, each with its objects in order: the pieces of one archive or dump belong together. */
export function streamsOf(manifest: Manifest, source: string, kind: 'tar' | 'dump'): Records[] {
  const own = manifest.objects.filter((object) => object.source === source && object.kind === kind)
  const streams = Map.groupBy(own, ({ key }) => readDataKey(key).stream)
  return [...streams.values()]
    .map(
      (records) =>
        records.toSorted((left, right) => readDataKey(left.key).piece - readDataKey(right.key).piece) as Records,
    )
    .sort(([left], [right]) => readDataKey(left.key).volume - readDataKey(right.key).volume)
}

/** The plain bytes of one stream, checked while they are read. */
export function openStream(
  store: Store,
  { set, id }: Manifest,
  records: Records,
  identities: Identities,
  signal: AbortSignal,
): Readable {
  return readObjects(records, { store, folder: backupFolder(set, id), identities, signal })
}
