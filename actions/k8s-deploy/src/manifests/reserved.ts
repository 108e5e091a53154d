import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, refOf } from '../kube/objects.ts'
import { PIECE } from '../state/history.ts'
import { type AppName, ownName } from '../state/own-objects.ts'
import { ROLE } from '../state/snapshot-index.ts'
import { fieldsOf } from './fields.ts'
import { invalidManifest } from './invalid.ts'
import { podTemplatesOf } from './pod-templates.ts'

const LABELS = [names.part, names.track, names.revision, ROLE, PIECE]

/**
 * Refuses what only this action, or the server, may set. An object with the labels of a snapshot would be taken for one.
 *
 * @throws DeployError `invalid-manifest`
 */
export function refuseReserved({ object, source }: Manifest, app: AppName): void {
  const ref = refOf(object)
  const refuse = (what: string, remedy: string): never => {
    throw invalidManifest(source, `${describeRef(ref)} ${what}`, { remedy, object: ref })
  }
  for (const { metadata } of [object, ...podTemplatesOf(object)]) {
    const label = LABELS.find((name) => fieldsOf(fieldsOf(metadata)['labels'])[name] !== undefined)
    if (label !== undefined) refuse(`has the label ${label}, which is this action's own`, 'Remove the label.')
  }
  const assigned = (['uid', 'resourceVersion'] as const).find((field) => (object.metadata[field] ?? null) !== null)
  if (assigned !== undefined) {
    refuse(
      `has metadata.${assigned}, which the server gives to each object`,
      'Remove it, as all that `kubectl get` has added.',
    )
  }
  const isAtHome = (ref.namespace ?? app.namespace) === app.namespace
  if (isAtHome && isKept(ref.kind, ref.name, app.app)) {
    refuse(
      'is one of the objects that this action keeps for itself',
      'Remove it from the manifests, or give it another name.',
    )
  }
}

function isKept(kind: string, name: string, app: string): boolean {
  if (!['Lease', 'ConfigMap', 'Secret'].includes(kind) || !name.startsWith(ownName(app))) return false
  return /^(?:|-inventory|-digest-key|-(?:revision|snapshot)-.*)$/.test(name.slice(ownName(app).length))
}
