import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { digest } from '../../../../lib/crypto/fingerprint.ts'
import { downloadArtifact, listArtifacts, uploadFile } from '../../../../lib/github/artifacts.ts'
import type { GitHub } from '../../../../lib/github/client.ts'
import { LIMITS } from './bundle.ts'
import { type PlanStore, type Slot, type StoredPlan, tooLarge } from './store.ts'

/**
 * Bundles as artifacts of the runs that made them. A name alone proves nothing, because any run, a fork's too, may use
 * it: only artifacts of runs on this repository's own branches count, and a bundle opens only under the run it is bound to.
 */
export function artifactStore(github: GitHub, tempDirectory: string): PlanStore {
  return {
    async put(slot, sealed) {
      const folder = await mkdtemp(join(tempDirectory, 'ondol-bundle-'))
      try {
        const file = join(folder, artifactName(slot))
        await writeFile(file, sealed, { mode: 0o600 })
        await uploadFile(file)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    async list(slot) {
      const artifacts = await listArtifacts(github, artifactName(slot))
      const own = artifacts.filter((artifact) => artifact.headRepositoryId === slot.repositoryId)
      if (own.length > 0 && own.every(({ expired }) => expired)) throw expiredError(slot)
      // By run, not by time: an older run that stored late is older all the same.
      return own
        .toSorted((left, right) => right.runId - left.runId)
        .filter(({ expired }) => !expired)
        .map(
          ({ id, runId, createdAt, size }): StoredPlan => ({
            runId,
            storedAt: createdAt,
            async read() {
              if (size > LIMITS.maxSealedBytes) throw tooLarge(runId, size)
              const content = await downloadArtifact(github, id, LIMITS.maxSealedBytes)
              if (content === undefined) throw tooLarge(runId, size)
              return content
            },
          }),
        )
    },
  }
}

/** One name per slot; the slug is for people, the digest makes it unique. */
function artifactName(slot: Slot): string {
  const slug = slot.root.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40)
  const unique = digest(JSON.stringify([slot.root, slot.directory, slot.workspace])).slice(0, 12)
  return `ondol-plan-${slug}-${slot.pullRequest}-${slot.headSha.slice(0, 12)}-${unique}`
}

function expiredError(slot: Slot): UserError {
  return new UserError('plan-missing', `The plan of pull request #${slot.pullRequest} has expired.`, {
    remedy:
      'Comment "/plan" (or re-run the plan), and review the new one; retention-days of artifacts sets how long plans last.',
  })
}
