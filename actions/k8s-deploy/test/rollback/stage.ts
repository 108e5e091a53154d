import { expect } from '@jest/globals'
import { type KubeObject, keyOf, type ManagedFields, type Ref, refOf } from '../../src/kube/objects.ts'
import { differences } from '../../src/rollback/compare.ts'
import { entriesOf, sameOwners } from '../../src/rollback/owners.ts'
import type { Restoration, RestoreDeps } from '../../src/rollback/restore.ts'
import type { SnapshotEntry } from '../../src/state/snapshot.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'

/** A namespace in which a deployment goes wrong and is put back. Deployments are applied by the field manager `deployer`. */
export interface Stage extends OwnNamespace {
  apply(objects: readonly KubeObject[], options?: { force?: boolean; dryRun?: boolean }): Promise<KubeObject[]>
  snapshotOf(objects: readonly KubeObject[]): Promise<SnapshotEntry[]>
  depsFor(app: string, more?: Partial<RestoreDeps>): RestoreDeps
  live(ref: Ref): Promise<KubeObject>
  /** Every object, each field and who owns it. */
  expectAsBefore(entries: readonly SnapshotEntry[]): Promise<void>
}

export async function openStage(topic: string): Promise<Stage> {
  const own = await openNamespace(topic)
  const { cluster } = own
  return {
    ...own,
    async apply(objects, options = {}) {
      const applied: KubeObject[] = []
      for (const object of objects) {
        applied.push(await cluster.apply(object, { fieldManager: 'deployer', force: false, ...options }))
      }
      return applied
    },
    snapshotOf: (objects) =>
      Promise.all(objects.map(async (object) => ({ ref: refOf(object), before: await cluster.get(refOf(object)) }))),
    depsFor: (app, more = {}) => ({
      cluster,
      app,
      namespace: own.namespace,
      fieldManager: 'deployer',
      signal: new AbortController().signal,
      deletableKinds: [],
      ...more,
    }),
    async live(ref) {
      const object = await cluster.get(ref)
      if (object === undefined) throw new Error(`${keyOf(ref)} is gone`)
      return object
    },
    async expectAsBefore(entries) {
      for (const { ref, before } of entries) {
        const now = await cluster.get(ref)
        expect([keyOf(ref), stateOf(before, now)]).toEqual([keyOf(ref), before ? 'as before' : 'absent'])
      }
    },
  }
}

function stateOf(before: KubeObject | undefined, now: KubeObject | undefined): unknown {
  if (before === undefined || now === undefined) return now ? 'there' : 'absent'
  const changed = differences(before, now)
  if (changed.length > 0) return changed
  return sameOwners(ownersOf(before), ownersOf(now)) ? 'as before' : [ownersOf(before), ownersOf(now)]
}

/** Controllers write the status when they please. */
function ownersOf(object: KubeObject): ManagedFields[] {
  return entriesOf(object).filter(({ subresource }) => subresource !== 'status')
}

export function fatesOf({ objects }: Restoration): Record<string, string> {
  return Object.fromEntries(objects.map(({ object, fate }) => [`${object.kind}/${object.name}`, fate]))
}
