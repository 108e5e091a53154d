import { openFolder } from './folder.ts'
import { checkLocation, type StoreLocation } from './location.ts'
import { type StoreOptions, settingsFrom } from './options.ts'
import type { OpenedStore } from './store.ts'

export { parseStoreUrl, type StoreLocation } from './location.ts'
export type { StoreCredentials, StoreOptions } from './options.ts'
export type { AbandonedUpload, OpenedStore } from './store.ts'

/**
 * Opens a store without writing anything. Throws `invalid-input` for a location or option that can't be, and `store-missing`
 * for a folder that isn't there: it is never created, so that a disk which isn't mounted is noticed.
 */
export async function openStore(location: StoreLocation, options: StoreOptions = {}): Promise<OpenedStore> {
  checkLocation(location)
  const settings = settingsFrom(options)
  if (location.kind === 'folder') return openFolder(location.path, settings)
  // Loaded only here: the AWS SDK costs a run that needs no bucket its cold start.
  const { openS3 } = await import('./s3-store.ts')
  return openS3(location, settings)
}
