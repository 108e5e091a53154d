import type { Kubectl } from '../../places/kubectl.ts'
import type { PlaceCommand } from '../../places/place.ts'
import { ownWords, sourceFailed } from '../programs.ts'
import type { VolumeSnapshot } from './look.ts'

/** What is read of a PersistentVolumeClaim. */
export interface Claim {
  spec: {
    storageClassName?: string
    accessModes?: string[]
    volumeMode?: string
    resources?: { requests?: { storage?: string } }
  }
  status?: { phase?: string }
}

/** What is read of a VolumeSnapshotContent. */
export interface Content {
  spec: { driver: string; deletionPolicy: string }
  status?: { snapshotHandle?: string }
}

/** Claims and snapshots of one namespace. All but `mayReadContent` throw BackupError `source-failed` with kubectl's own words. */
export interface VolumeApi {
  /** Throws also for one that has no volume yet. */
  claim(name: string): Promise<Claim>
  /** Throws as `create` would. */
  rehearse(snapshot: object): Promise<void>
  create(snapshot: object): Promise<void>
  snapshot(name: string): Promise<VolumeSnapshot>
  content(name: string): Promise<Content>
  mayReadContent(): Promise<boolean>
  /** Also when the step has been interrupted; one that is gone is no error. */
  remove(name: string): Promise<void>
}

const SNAPSHOTS = 'volumesnapshots.snapshot.storage.k8s.io'
const CONTENTS = 'volumesnapshotcontents.snapshot.storage.k8s.io'
const REMEDIES: readonly [says: RegExp, remedy: string][] = [
  [
    /\(Forbidden\)|is forbidden/,
    'Grant the account "get" on persistentvolumeclaims and "create", "get" and "delete" on volumesnapshots in that namespace.',
  ],
  [
    /no matches for kind "VolumeSnapshot"/,
    'Install the CRDs and the controller of kubernetes-csi/external-snapshotter in the cluster.',
  ],
]

/** @param what subject of its errors */
export function volumeApi(kubectl: Kubectl, namespace: string, what: string): VolumeApi {
  async function run(
    args: readonly string[],
    options: Pick<PlaceCommand, 'stdin' | 'despiteInterrupt'> = {},
  ): Promise<string> {
    const finished = await kubectl([`--namespace=${namespace}`, ...args], options)
    if (finished.code === 0) return finished.stdout.toString()
    const [, remedy] = REMEDIES.find(([says]) => says.test(finished.stderr)) ?? []
    throw sourceFailed(what, ownWords(finished, []), remedy)
  }

  const get = async <T>(kind: string, name: string): Promise<T> =>
    JSON.parse(await run(['get', kind, name, '--output=json']))

  async function create(snapshot: object, ...options: string[]): Promise<void> {
    await run(['create', '--filename=-', '--output=name', ...options], { stdin: Buffer.from(JSON.stringify(snapshot)) })
  }

  return {
    async claim(name) {
      const claim = await get<Claim>('persistentvolumeclaims', name)
      if (claim.status?.phase === 'Bound') return claim
      throw sourceFailed(what, `the claim ${name} has no volume; its phase is ${claim.status?.phase ?? 'unknown'}.`)
    },
    rehearse: (snapshot) => create(snapshot, '--dry-run=server'),
    create: (snapshot) => create(snapshot),
    snapshot: (name) => get(SNAPSHOTS, name),
    content: (name) => get(CONTENTS, name),
    mayReadContent: async () => (await kubectl(['auth', 'can-i', '--quiet', 'get', CONTENTS])).code === 0,
    async remove(name) {
      const options = ['--ignore-not-found', '--wait=false']
      await run(['delete', SNAPSHOTS, name, ...options], { despiteInterrupt: true })
    },
  }
}
