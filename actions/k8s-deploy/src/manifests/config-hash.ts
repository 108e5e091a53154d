import { digestOfJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { type KubeObject, keyOf, refOf } from '../kube/objects.ts'
import { type Fields, fieldsOf, type Path, valuesAt } from './fields.ts'
import {
  containersOf,
  isRestartedByTemplate,
  mapPodTemplates,
  type PodTemplate,
  podTemplatesOf,
} from './pod-templates.ts'

const CONFIG_KINDS = ['ConfigMap', 'Secret'] as const
type ConfigKind = (typeof CONFIG_KINDS)[number]

/** Where a container names a ConfigMap or a Secret. */
const IN_CONTAINER: Readonly<Record<ConfigKind, readonly Path[]>> = {
  ConfigMap: [
    ['envFrom', '[]', 'configMapRef', 'name'],
    ['env', '[]', 'valueFrom', 'configMapKeyRef', 'name'],
  ],
  Secret: [
    ['envFrom', '[]', 'secretRef', 'name'],
    ['env', '[]', 'valueFrom', 'secretKeyRef', 'name'],
  ],
}

/** Where a pod's `spec` does. */
const IN_VOLUMES: Readonly<Record<ConfigKind, readonly Path[]>> = {
  ConfigMap: [
    ['volumes', '[]', 'configMap', 'name'],
    ['volumes', '[]', 'projected', 'sources', '[]', 'configMap', 'name'],
  ],
  Secret: [
    ['volumes', '[]', 'secret', 'secretName'],
    ['volumes', '[]', 'projected', 'sources', '[]', 'secret', 'name'],
  ],
}

/**
 * The manifests with, on each pod template, a digest of the ConfigMaps and Secrets of this set that its pods use: so pods
 * restart when only these change. It is keyed, as a digest of a weak password would tell the password. Immutable ones don't
 * count, for they can't change.
 *
 * @param live Secrets that the set doesn't hold and that count, too
 */
export function withConfigHash(
  manifests: readonly Manifest[],
  key: Buffer,
  live: readonly KubeObject[] = [],
): Manifest[] {
  const configs = new Map(
    [...live, ...manifests.map(({ object }) => object)]
      .filter((object) => isConfig(object) && object['immutable'] !== true)
      .map((object) => [keyOf(refOf(object)), object]),
  )
  return manifests.map((manifest) => {
    if (!isRestartedByTemplate(manifest.object)) return manifest
    const { namespace } = manifest.object.metadata
    const object = mapPodTemplates(manifest.object, (template) => {
      const used = usedConfigs(template, namespace, configs)
      return used.length === 0 ? template : annotated(template, digestOfJson(key, used.map(contentOf)))
    })
    return object === manifest.object ? manifest : { ...manifest, object }
  })
}

/** The workloads whose pods restart when one of these ConfigMaps and Secrets changes. */
export function usersOf(configs: readonly KubeObject[], objects: readonly KubeObject[]): KubeObject[] {
  const byKey = new Map(configs.filter(isConfig).map((config) => [keyOf(refOf(config)), config]))
  return objects.filter(
    (object) =>
      isRestartedByTemplate(object) &&
      podTemplatesOf(object).some((template) => usedConfigs(template, object.metadata.namespace, byKey).length > 0),
  )
}

function isConfig({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === 'v1' && CONFIG_KINDS.some((known) => known === kind)
}

function usedConfigs(
  template: PodTemplate,
  namespace: string | undefined,
  configs: ReadonlyMap<string, KubeObject>,
): KubeObject[] {
  const keys = CONFIG_KINDS.flatMap((kind) =>
    namesIn(template, kind).map((name) => keyOf({ apiVersion: 'v1', kind, namespace, name })),
  )
  return [...new Set(keys)].sort().flatMap((key) => configs.get(key) ?? [])
}

function namesIn(template: PodTemplate, kind: ConfigKind): string[] {
  const inContainers = containersOf(template).flatMap((container) =>
    IN_CONTAINER[kind].flatMap((path) => valuesAt(container, path)),
  )
  const inVolumes = IN_VOLUMES[kind].flatMap((path) => valuesAt(template['spec'], path))
  return [...inContainers, ...inVolumes].filter((name) => typeof name === 'string')
}

/** What pods see of it. The same whether a Secret is written in `data` or in `stringData`, which the API puts into it. */
function contentOf({ kind, metadata, ...object }: KubeObject): Fields {
  const texts = Object.entries(fieldsOf(object['stringData'])).map(([key, text]) => [key, base64(text)])
  const encoded = Object.entries(fieldsOf(object['data'])).map(([key, value]) => [key, asStored(kind, value)])
  return {
    kind,
    name: metadata.name,
    data: { ...Object.fromEntries(encoded), ...Object.fromEntries(texts) },
    binaryData: fieldsOf(object['binaryData']),
  }
}

/** The API keeps a Secret's values without the line breaks that they may have in a manifest. */
function asStored(kind: string, value: unknown): unknown {
  return kind === 'Secret' && typeof value === 'string' ? value.replace(/\s/g, '') : value
}

function base64(text: unknown): string {
  return Buffer.from(String(text)).toString('base64')
}

function annotated(template: PodTemplate, hash: string): PodTemplate {
  const metadata = fieldsOf(template['metadata'])
  const annotations = { ...fieldsOf(metadata['annotations']), [names.configHash]: hash }
  return { ...template, metadata: { ...metadata, annotations } }
}
