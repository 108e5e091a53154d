import { randomBytes } from 'node:crypto'
import { isConflict } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { DeployError } from '../failure.ts'
import { type AppName, ownMeta, secretData, secretRef } from './own-objects.ts'

/**
 * The key by which digests of Secret values are made, so that whoever reads one can't test guesses: the given one, or 32 random
 * bytes that are made once for each app and kept in the Secret `ondol-<app>-digest-key`.
 */
export async function digestKey(cluster: Cluster, app: AppName, given: string | undefined): Promise<Uint8Array> {
  if (given !== undefined) return Buffer.from(given)
  const metadata = ownMeta(app, 'digest-key', 'digest-key')
  const ref = secretRef(app.namespace, metadata.name)
  const secret = (await cluster.get(ref)) ?? (await createOnce())
  const key = secret && secretData(secret, 'key')
  if (key && key.length >= 32) return key
  throw new DeployError({
    reason: 'unexpected',
    message: `Secret \`${ref.name}\` holds no key.`,
    remedy: `Delete it (kubectl -n ${app.namespace} delete secret ${ref.name}): a new one is made by the next run.`,
    object: ref,
  })

  async function createOnce() {
    try {
      return await cluster.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'Opaque',
        immutable: true,
        data: { key: randomBytes(32).toString('base64') },
      })
    } catch (error) {
      // Another run was faster; its key is the key.
      if (isConflict(error)) return await cluster.get(ref)
      throw error
    }
  }
}
