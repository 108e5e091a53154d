import { DeployError } from '../failure.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject, refOf } from '../kube/objects.ts'
import type { AppName } from './own-objects.ts'

/**
 * Does the object belong to the set of this app, deployed from this namespace? What the action keeps for itself doesn't. An object of
 * another namespace, or of the whole cluster, must say from where it is deployed: an app of the same name may have its home elsewhere.
 */
export function isOwn({ metadata }: KubeObject, { app, namespace }: AppName): boolean {
  const { labels, annotations } = metadata
  if (labels?.[names.app] !== app || labels[names.part] !== undefined) return false
  return (annotations?.[names.home] ?? metadata.namespace) === namespace
}

/** @throws DeployError `conflict` for an object that has the name and isn't this app's: it's not ours to delete. */
export function requireOwn(object: KubeObject, us: AppName): void {
  if (isOwn(object, us)) return
  const ref = refOf(object)
  throw new DeployError({
    reason: 'conflict',
    message: `${describeRef(ref)} would have to be replaced, and is not this app's: it has no label \`${names.app}=${us.app}\`, or was deployed from another namespace.`,
    remedy: 'Give yours another name, or delete the other one.',
    object: ref,
  })
}

/** Who else has deployed the object, in words; `undefined` when nobody has by this action, or this app itself. */
export function otherOwner({ metadata }: KubeObject, us: AppName): string | undefined {
  const app = metadata.labels?.[names.app]
  const home = metadata.annotations?.[names.home]
  if (app === undefined || (app === us.app && (home === undefined || home === us.namespace))) return undefined
  return `the app \`${app}\`${isNamespace(home) ? ` in the namespace \`${home}\`` : ''}`
}

/** @throws DeployError `conflict` for an object that another app has deployed: it would be taken from it, and pruned and put back by both */
export function refuseTaken(object: KubeObject, us: AppName): void {
  const owner = otherOwner(object, us)
  if (owner === undefined) return
  const ref = refOf(object)
  throw new DeployError({
    reason: 'conflict',
    message: `${describeRef(ref)} belongs to ${owner}.`,
    remedy: 'Leave it to one of the two, or set the input force-conflicts to true to take it over.',
    object: ref,
  })
}

/** An annotation may hold anything. */
function isNamespace(text: string | undefined): text is string {
  return text !== undefined && /^[-a-z0-9]{1,63}$/.test(text)
}
