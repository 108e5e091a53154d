import { describeError } from '../../../../../lib/action/errors.ts'
import type { Kubectl } from '../../places/kubectl.ts'
import { describeLocation } from '../location.ts'
import { type Owner, PATIENCE, type Patience, snapshotStream, waitUntilReady } from '../snapshots.ts'
import type { VolumeSource } from '../source.ts'
import type { StreamPlan } from '../stream.ts'
import { type Claim, type Content, type VolumeApi, volumeApi } from './api.ts'
import { lookAt, type VolumeSnapshot } from './look.ts'

const NO_CONTENT =
  'these credentials may not get volumesnapshotcontents, so the backup will not hold the handle of the snapshot, without which only this cluster can restore it.'

/**
 * A VolumeSnapshot of a claim, made when the stream is started, and ready to use when it ends. The stream is a JSON document of
 * references; the data stays in the storage.
 *
 * It is no part of the retention of backups: it stays until somebody deletes it. With it, or with its namespace, goes the
 * data, too, where the class has the deletionPolicy Delete; the document tells. Labels tell which backup it belongs to:
 * `ondol-backup-id`, `ondol-source`, and `ondol-set` where the set's name can be a label. That of a backup that fails in the end is deleted with it.
 *
 * @throws BackupError `source-failed` with kubectl's own words, `client-missing`
 */
export async function prepareVolume(
  source: VolumeSource,
  kubectl: Kubectl,
  owner: Owner,
  stop: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<StreamPlan> {
  const what = `The source ${source.id} (${describeLocation(source.on)})`
  const api = volumeApi(kubectl, source.on.namespace, what)
  const claim = await api.claim(source.claim)
  const snapshot = snapshotOf(source, owner)
  const { name } = snapshot.metadata
  await api.rehearse(snapshot)
  const mayReadContent = await api.mayReadContent()

  async function make(signal: AbortSignal): Promise<object> {
    await api.create(snapshot)
    const look = lookAt(() => api.snapshot(name), patience)
    const ready = await waitUntilReady(what, look, patience, signal)
    return documentOf(source, owner, claim, ready, mayReadContent ? await contentOf(api, ready) : undefined)
  }

  async function remove(): Promise<void> {
    await api.remove(name).catch((error: unknown) => {
      throw new Error(
        `The VolumeSnapshot ${name} of a backup that failed could not be deleted: ${describeError(error)}`,
      )
    })
  }

  return {
    streams: [snapshotStream({ name: source.claim, make, remove }, stop)],
    facts: { product: 'Kubernetes VolumeSnapshot' },
    warnings: mayReadContent ? [] : [NO_CONTENT],
  }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

/** https://kubernetes.io/docs/concepts/storage/volume-snapshots/ */
function snapshotOf({ id, claim, snapshotClass }: VolumeSource, owner: Owner) {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      name: `ondol-${owner.id.toLowerCase()}-${id}`,
      labels: {
        ...(LABEL.test(owner.set) ? { 'ondol-set': owner.set } : {}),
        'ondol-backup-id': owner.id,
        'ondol-source': id,
      },
    },
    spec: {
      ...(snapshotClass === undefined ? {} : { volumeSnapshotClassName: snapshotClass }),
      source: { persistentVolumeClaimName: claim },
    },
  }
}

async function contentOf(api: VolumeApi, { status }: VolumeSnapshot): Promise<Content | undefined> {
  const name = status?.boundVolumeSnapshotContentName
  return name === undefined ? undefined : await api.content(name)
}

function documentOf(
  { on, claim }: VolumeSource,
  { set, id }: Owner,
  { spec }: Claim,
  snapshot: VolumeSnapshot,
  content: Content | undefined,
): object {
  const { status } = snapshot
  return {
    format: 'ondol-volume-snapshot',
    version: 1,
    set,
    id,
    namespace: on.namespace,
    claim: {
      name: claim,
      storageClass: spec.storageClassName,
      accessModes: spec.accessModes,
      volumeMode: spec.volumeMode,
      storage: spec.resources?.requests?.storage,
    },
    snapshot: {
      name: snapshot.metadata.name,
      class: snapshot.spec.volumeSnapshotClassName,
      createdAt: status?.creationTime,
      readyToUse: status?.readyToUse,
      restoreSize: status?.restoreSize,
      content: status?.boundVolumeSnapshotContentName,
      driver: content?.spec.driver,
      handle: content?.status?.snapshotHandle,
      deletionPolicy: content?.spec.deletionPolicy,
    },
  }
}
