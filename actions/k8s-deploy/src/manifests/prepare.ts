import { invalidInput } from '../../../../lib/action/errors.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, groupOf, type KindName, type KubeObject, refOf } from '../kube/objects.ts'
import { withConfigHash } from './config-hash.ts'
import { refuseDuplicates } from './duplicates.ts'
import { fieldsOf } from './fields.ts'
import { type Hooks, takeHooks } from './hooks.ts'
import { invalidManifest } from './invalid.ts'
import { mapPodTemplates, type PodTemplate, podTemplatesOf } from './pod-templates.ts'
import { leaveReplicas } from './scaling.ts'

/** Which deployment writes the objects. */
export interface Identity {
  revision?: number
  commit: string
  runUrl: string
  actor: string
}

export interface PrepareOptions {
  app: string
  /** Of namespaced objects that name none. */
  namespace: string
  /** By the cluster's discovery; `undefined` for a kind that it doesn't know, such as one that this set defines. */
  isNamespaced(kind: KindName): boolean | undefined
  identity: Identity
  digestKey: Buffer
  /** As they live: Secrets that the set doesn't hold and that count as configuration of its pods. */
  secrets?: readonly KubeObject[]
  /** Keys (`keyOf`) of what autoscalers in the cluster scale. */
  liveScaleTargets?: ReadonlySet<string>
}

/** A set as it is applied. */
export interface Prepared {
  objects: Manifest[]
  hooks: Hooks
  /** Keys of the objects whose replicas are an autoscaler's. */
  scaled: Set<string>
}

/**
 * Makes of manifests what is applied: namespace, the app's label on objects and pods, the deployment's annotations, a digest
 * of configuration on pod templates, no `replicas` where an autoscaler has them, hooks apart. Selectors stay as they are.
 * Preparing twice is the same as once.
 *
 * @throws DeployError `invalid-manifest`, with file, document and line
 */
export function prepare(manifests: readonly Manifest[], options: PrepareOptions): Prepared {
  if (!/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(options.app)) {
    throw invalidInput(`The app's name ${JSON.stringify(options.app)} can't be a label of Kubernetes.`)
  }
  const isNamespaced = scopes(manifests, options)
  const placed = manifests.map((manifest) => inNamespace(manifest, isNamespaced(manifest.object), options.namespace))
  refuseDuplicates(placed)
  for (const manifest of placed) refusePaused(manifest)
  const labelled = placed.map((manifest) => identify(manifest, options))
  const { manifests: unscaled, scaled } = leaveReplicas(labelled, options.liveScaleTargets ?? new Set())
  return { ...takeHooks(withConfigHash(unscaled, options.digestKey, options.secrets)), scaled }
}

/** Whether a kind is namespaced: by the set's own definitions, else by the cluster. An unknown kind is taken for namespaced, as most are. */
function scopes(manifests: readonly Manifest[], options: PrepareOptions): (kind: KindName) => boolean {
  const own = new Map(
    manifests.flatMap(({ object }) => {
      if (object.kind !== 'CustomResourceDefinition') return []
      const spec = fieldsOf(object['spec'])
      return [[`${spec['group']}/${fieldsOf(spec['names'])['kind']}`, spec['scope'] !== 'Cluster'] as const]
    }),
  )
  return (kind) => own.get(`${groupOf(kind)}/${kind.kind}`) ?? options.isNamespaced(kind) ?? true
}

function inNamespace(manifest: Manifest, namespaced: boolean, namespace: string): Manifest {
  const { object, source } = manifest
  const { metadata } = object
  if (namespaced) {
    if (metadata.namespace !== undefined) return manifest
    return { source, object: { ...object, metadata: { ...metadata, namespace } } }
  }
  if (metadata.namespace === undefined) return manifest
  const ref = refOf(object)
  const message = `${describeRef(ref)} has the namespace ${metadata.namespace}, and objects of its kind are the whole cluster's`
  throw invalidManifest(source, message, { remedy: 'Remove metadata.namespace from it.', object: ref })
}

function refusePaused({ object, source }: Manifest): void {
  if (object.kind !== 'Deployment' || fieldsOf(object['spec'])['paused'] !== true) return
  const ref = refOf(object)
  throw invalidManifest(source, `${describeRef(ref)} is paused, so it would never roll out`, {
    remedy: 'Remove spec.paused from it.',
    object: ref,
  })
}

/** The deployment's annotations stand on the object alone: on a pod template they would restart the pods every time. */
function identify(manifest: Manifest, { app, namespace, identity }: PrepareOptions): Manifest {
  const { object, source } = manifest
  for (const { metadata } of [object, ...podTemplatesOf(object)])
    refuseOtherApp(fieldsOf(metadata)['labels'], app, manifest)
  const { labels, annotations } = object.metadata
  const metadata = {
    ...object.metadata,
    labels: { ...labels, [names.app]: app },
    annotations: {
      ...annotations,
      [names.home]: namespace,
      ...(identity.revision === undefined ? {} : { [names.revision]: String(identity.revision) }),
      [names.commit]: identity.commit,
      [names.run]: identity.runUrl,
      [names.actor]: identity.actor,
    },
  }
  return { source, object: mapPodTemplates({ ...object, metadata }, (template) => labelled(template, app)) }
}

function labelled(template: PodTemplate, app: string): PodTemplate {
  const metadata = fieldsOf(template['metadata'])
  return { ...template, metadata: { ...metadata, labels: { ...fieldsOf(metadata['labels']), [names.app]: app } } }
}

function refuseOtherApp(labels: unknown, app: string, { object, source }: Manifest): void {
  const other = fieldsOf(labels)[names.app]
  if (other === undefined || other === app) return
  const ref = refOf(object)
  throw invalidManifest(
    source,
    `${describeRef(ref)} has the label ${names.app}: ${JSON.stringify(other)}, and the app is ${app}`,
    {
      remedy: 'Remove the label: it is set by itself.',
      object: ref,
    },
  )
}
