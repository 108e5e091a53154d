import { randomBytes } from 'node:crypto'
import { explainApiError } from '../cluster/explain.ts'
import { isAbsent } from '../cluster/index.ts'
import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { Session } from '../session.ts'
import { digestKey } from '../state/digest-key.ts'
import { holderOf } from '../state/holder.ts'
import { type Lock, takeLock } from '../state/lock.ts'
import type { AppName } from '../state/own-objects.ts'
import { sealKeyFrom } from '../state/seal.ts'
import { unfinishedSlot } from '../state-slots.ts'
import type { Story } from './story.ts'

/** The app's place in the cluster, with its lock held. */
export interface Home {
  app: AppName
  lock: Lock
  holderId: string
  /** Keys digests of Secrets. */
  key: Buffer
  /** Is there something of this run that has to be put back, or may be? */
  isUnfinished: boolean
}

export function appOf({ inputs: { app, digestKey: key }, namespace }: Session): AppName {
  return { app, namespace, ...(key === undefined ? {} : { sealKey: sealKeyFrom(key) }) }
}

/** Tells this process from others of the run, and is kept for the post step. */
export const newHolderId = (): string => randomBytes(4).toString('hex')

/**
 * Takes the app's lock. `undefined` when its namespace isn't there but comes with this deployment.
 *
 * @throws DeployError `lock-held`; `invalid-input` when nobody makes the namespace
 */
export async function enterHome(
  session: Session,
  story: Story,
  set: readonly Manifest[],
  holderId: string,
): Promise<Home | undefined> {
  const { cluster, inputs, context, namespace } = session
  const app = appOf(session)
  try {
    const key = Buffer.from(await digestKey(cluster, app, inputs.digestKey))
    // A runner that dies from here on may leave a lock, which its post step gives back.
    unfinishedSlot.save({ namespace, holderId })
    const lock = await takeLock(cluster, {
      ...app,
      holder: holderOf(context.runUrl, context.job, holderId),
      waitMs: inputs.waitForLockMs,
      signal: session.stop,
      onWait: ({ link, since }) =>
        story.tell(`Waiting for another deployment of ${inputs.app}, running since ${since.toISOString()}: ${link}`),
    })
    return { app, lock, holderId, key, isUnfinished: false }
  } catch (error) {
    unfinishedSlot.save(undefined)
    if (!isAbsent(error)) throw explainApiError(error)
    if (set.some(({ object }) => object.kind === 'Namespace' && object.metadata.name === namespace)) return undefined
    throw new DeployError(
      {
        reason: 'invalid-input',
        message: `The namespace \`${namespace}\` does not exist.`,
        remedy: 'Create it, add it to the manifests, or correct the input namespace.',
      },
      error,
    )
  }
}

/** Gives the lock back, unless something is left for the post step: that one goes on with it, before anybody else begins. */
export async function leaveHome({ lock, isUnfinished }: Home): Promise<void> {
  if (isUnfinished && !lock.signal.aborted) return
  unfinishedSlot.save(undefined)
  await lock.release()
}
