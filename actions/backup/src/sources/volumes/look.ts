import type { Look, Patience } from '../snapshots.ts'

/** What is read of one. */
export interface VolumeSnapshot {
  metadata: { name: string }
  spec: { volumeSnapshotClassName?: string }
  status?: {
    readyToUse?: boolean
    boundVolumeSnapshotContentName?: string
    creationTime?: string
    restoreSize?: string
    error?: { message?: string; time?: string }
  }
}

/**
 * How far a VolumeSnapshot is. The controller goes on trying when something fails and clears the error when it succeeds (see `VolumeSnapshotStatus.error`
 * of the API), so an error is one when it has stayed; and one that nobody says a word about has no controller.
 */
export function lookAt(
  read: () => Promise<VolumeSnapshot>,
  { graceMs }: Patience,
): (elapsedMs: number) => Promise<Look<VolumeSnapshot>> {
  let troubleSince: number | undefined
  return async (elapsedMs) => {
    const snapshot = await read()
    if (snapshot.status?.readyToUse === true) return { kind: 'ready', value: snapshot }
    const trouble = troubleOf(snapshot)
    if (trouble === undefined) {
      troubleSince = undefined
      return { kind: 'pending', why: `the VolumeSnapshot ${snapshot.metadata.name} is not ready to use` }
    }
    troubleSince ??= elapsedMs
    const kind = elapsedMs - troubleSince >= graceMs ? 'failed' : 'pending'
    return { kind, why: `the VolumeSnapshot ${snapshot.metadata.name} ${trouble}` }
  }
}

function troubleOf({ status }: VolumeSnapshot): string | undefined {
  if (status === undefined) return 'is seen by no snapshot controller'
  return status.error === undefined
    ? undefined
    : `has the error: ${(status.error.message ?? '').replace(/[\s.]+$/, '')}`
}
