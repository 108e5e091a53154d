import { describeError } from '../../../../lib/action/errors.ts'
import { type OpenedStore, openStore } from '../../../../lib/s3/open.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { readManifest } from '../catalogue/manifests.ts'
import type { Session } from '../session.ts'

/** Further places of a backup. One that can't be used is told, and costs nothing else. */
export interface Copies {
  stores: OpenedStore[]
  warnings: string[]
  close(): void
}

/**
 * Opens the places of copy-to. Each must be restorable by itself, so one that lacks a link of the chain that this backup builds upon
 * is passed over until the next full backup.
 *
 * @param chain what has to be there; empty for a full backup
 */
export async function openCopies({ inputs, keys }: Session, chain: readonly Manifest[]): Promise<Copies> {
  const stores: OpenedStore[] = []
  const warnings: string[] = []
  for (const location of inputs.copies) {
    try {
      const store = await openStore(location, inputs.storeOptions)
      const missing = await firstMissing(store, chain, keys.catalogue)
      if (missing === undefined) stores.push(store)
      else {
        store.close()
        warnings.push(
          `${store.name} got no copy: it lacks ${missing}, which this backup builds upon. The next full backup will be copied again.`,
        )
      }
    } catch (error) {
      const index = inputs.copies.indexOf(location) + 1
      warnings.push(`Line ${index} of copy-to got no copy: ${describeError(error)}`)
    }
  }
  return {
    stores,
    warnings,
    close() {
      for (const store of stores) store.close()
    },
  }
}

async function firstMissing(
  store: OpenedStore,
  chain: readonly Manifest[],
  key: Session['keys']['catalogue'],
): Promise<string | undefined> {
  for (const { set, id } of chain) {
    const { kind } = await readManifest(store, set, id, key)
    if (kind !== 'good') return id
  }
  return undefined
}
