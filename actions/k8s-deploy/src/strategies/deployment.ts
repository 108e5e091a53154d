import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'

type Fields = Record<string, unknown>

/** A Deployment's parts that the strategies deal with. */
interface DeploymentSpec extends Fields {
  replicas?: number
  strategy?: { type?: string } & Fields
  selector?: { matchLabels?: Record<string, string> } & Fields
  template?: { metadata?: { labels?: Record<string, string> } & Fields } & Fields
}

export function isDeployment({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return kind === 'Deployment' && apiVersion.startsWith('apps/')
}

export function deploymentSpec(deployment: KubeObject): DeploymentSpec {
  return (deployment['spec'] ?? {}) as DeploymentSpec
}

/** As it runs; the API's default where it says none. */
export function replicasOf(deployment: KubeObject): number {
  return deploymentSpec(deployment).replicas ?? 1
}

/** Its strategy Recreate says that two versions of it must never run side by side. */
export function runsAlone(deployment: KubeObject): boolean {
  return deploymentSpec(deployment).strategy?.type === 'Recreate'
}

/** Labels of its pods. */
export function podLabels(deployment: KubeObject): Record<string, string> {
  return deploymentSpec(deployment).template?.metadata?.labels ?? {}
}

/** Whose twin it is, if any: `canary`, `blue` or `green`. */
export function trackOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[names.track]
}

/** A Deployment beside the given one, `<name>-<track>`, of the same pods but for the track's label, which its selector asks for, too. */
export function twin(deployment: KubeObject, track: string): KubeObject {
  const spec = deploymentSpec(deployment)
  const { metadata } = deployment
  const label = { [names.track]: track }
  return {
    ...deployment,
    metadata: { ...metadata, name: twinName(metadata.name, track), labels: { ...metadata.labels, ...label } },
    spec: {
      ...spec,
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, ...label } },
      template: {
        ...spec.template,
        metadata: { ...spec.template?.metadata, labels: { ...podLabels(deployment), ...label } },
      },
    },
  }
}

export const twinName = (name: string, track: string): string => `${name}-${track}`

/** What a twin was made of; any other Deployment as it is. */
export function withoutTrack(deployment: KubeObject): KubeObject {
  const suffix = `-${trackOf(deployment)}`
  const { metadata } = deployment
  if (!metadata.name.endsWith(suffix)) return deployment
  const spec = deploymentSpec(deployment)
  return {
    ...deployment,
    metadata: { ...metadata, name: metadata.name.slice(0, -suffix.length), labels: unlabelled(metadata.labels) },
    spec: {
      ...spec,
      selector: { ...spec.selector, matchLabels: unlabelled(spec.selector?.matchLabels) },
      template: {
        ...spec.template,
        metadata: { ...spec.template?.metadata, labels: unlabelled(podLabels(deployment)) },
      },
    },
  }
}

function unlabelled(labels: Record<string, string> = {}): Record<string, string> {
  const { [names.track]: _, ...others } = labels
  return others
}
