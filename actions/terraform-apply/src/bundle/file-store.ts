import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { LIMITS } from './bundle.ts'
import { type PlanStore, type Slot, type StoredPlan, tooLarge } from './store.ts'

const NAME = /^(\d+)-(\d+)\.plan$/

/** A folder that plan and apply runs share (self-hosted runners): `<repository>/<pull request>/<head SHA>/<root>/<run>-<attempt>.plan`. */
export function fileStore(directory: string, run: { runId: number; runAttempt: number }): PlanStore {
  return {
    async put(slot, sealed) {
      const folder = folderOf(directory, slot)
      const name = `${run.runId}-${run.runAttempt}.plan`
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeWhole(join(folder, name), sealed)
      } catch (cause) {
        throw new UserError(
          'invalid-input',
          `The input plan-store names ${directory}, where this runner can't write.`,
          { cause },
        )
      }
    },
    async list(slot) {
      const folder = folderOf(directory, slot)
      const names = (await readdir(folder).catch(() => [])).flatMap((name) => {
        const [, runId, attempt] = NAME.exec(name) ?? []
        return runId === undefined ? [] : [{ name, runId: Number(runId), attempt: Number(attempt) }]
      })
      names.sort((left, right) => right.runId - left.runId || right.attempt - left.attempt)
      return names.map(
        ({ name, runId }): StoredPlan => ({
          runId,
          storedAt: undefined,
          read: () => readBounded(join(folder, name), runId),
        }),
      )
    },
  }
}

function folderOf(directory: string, slot: Slot): string {
  const root = digest(JSON.stringify([slot.root, slot.directory, slot.workspace])).slice(0, 16)
  return join(directory, String(slot.repositoryId), String(slot.pullRequest), slot.headSha, root)
}

/** Another run never sees half a file: it gets its name when it is whole and on disk. */
export async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  const unfinished = `${file}.${process.pid}.tmp`
  const handle = await open(unfinished, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, file)
}

async function readBounded(file: string, runId: number): Promise<Uint8Array> {
  const { size } = await stat(file)
  if (size > LIMITS.maxSealedBytes) throw tooLarge(runId, size)
  return readFile(file)
}
