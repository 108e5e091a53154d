import type { KubeObject } from '../kube/objects.ts'

type Fields = Record<string, unknown>

/** A Deployment's parts that the strategies deal with. */
interface DeploymentSpec extends Fields {
  replicas?: number
  selector?: { matchLabels?: Record<string, string> } & Fields
  template?: { metadata?: { labels?: Record<string, string> } & Fields } & Fields
}

export function isDeployment({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Deployment' && apiVersion.startsWith('apps/')
}

export function deploymentSpec(deployment: KubeObject): DeploymentSpec {
  return (deployment['spec'] ?? {}) as DeploymentSpec
}

/** Labels of its pods. */
export function podLabels(deployment: KubeObject): Record<string, string> {
  return deploymentSpec(deployment).template?.metadata?.labels ?? {}
}

/** A Deployment beside the given one, of the same pods but for one label, which its selector asks for, too. */
export function twin(deployment: KubeObject, name: string, label: Record<string, string>): KubeObject {
  const spec = deploymentSpec(deployment)
  return {
    ...deployment,
    metadata: { ...deployment.metadata, name, labels: { ...deployment.metadata.labels, ...label } },
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
