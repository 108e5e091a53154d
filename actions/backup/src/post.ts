import { rm } from 'node:fs/promises'
import { readContext } from '../../../lib/action/context.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { type OpenedStore, openStore, type StoreLocation, type StoreOptions } from '../../../lib/s3/open.ts'
import { backupFolder } from './catalogue/keys.ts'
import { readInputs } from './inputs.ts'
import { openSession } from './session.ts'
import { scratchSlot, unfinishedSlot } from './state-slots.ts'

/** After the job: gives up the uploads of a run that was killed, which nobody would see and everybody would pay, and deletes its own folder. */
export async function cleanUp(env: Environment): Promise<void> {
  const scratch = scratchSlot.load()
  const unfinished = unfinishedSlot.load()
  try {
    if (unfinished) await giveUpUploads(env, unfinished.id)
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

async function giveUpUploads(env: Environment, id: string): Promise<void> {
  const context = readContext(env)
  const session = await openSession(readInputs(env, context), context, env)
  try {
    const { store, inputs, log } = session
    const folder = backupFolder(inputs.set, id)
    const results = await Promise.allSettled([
      giveUpAt(store, folder),
      ...inputs.copies.map((location) => giveUpAtCopy(location, inputs.storeOptions, folder)),
    ])
    const count = results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0)
    log.info(`Backup ${id} was never completed; ${count} of its uploads were under way and are given up.`)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  } finally {
    await session.close()
    await rm(session.scratch, { recursive: true, force: true })
  }
}

async function giveUpAtCopy(location: StoreLocation, options: StoreOptions, folder: string): Promise<number> {
  const copy = await openStore(location, options)
  try {
    return await giveUpAt(copy, folder)
  } finally {
    copy.close()
  }
}

/** All are this run's own: their age, by whatever clock, doesn't matter. */
const ANY_AGE_MS = Number.NEGATIVE_INFINITY

async function giveUpAt(store: OpenedStore, folder: string): Promise<number> {
  const uploads = await store.abandonedUploads(folder, ANY_AGE_MS)
  for (const upload of uploads) await upload.abort()
  return uploads.length
}
