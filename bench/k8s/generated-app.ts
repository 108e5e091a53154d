import { stringify } from 'yaml'
import { pauseImage } from '../../lab/cluster/base-images.ts'

/** Of every generated app, whatever its size: their pods take the cluster's time, not the deployer's. */
const DEPLOYMENTS = 10

/** Of the rest, one in so many is a Service. */
const SERVICE_EVERY = 5

/**
 * Many small objects in one file, in the order in which they need each other: ConfigMaps, a fifth Services among them, and 10
 * Deployments of one pod that does nothing.
 *
 * @param version is in each object: another one changes all of them, and restarts the pods
 */
export function generatedApp(objects: number, version: number): string {
  const all = Array.from({ length: objects }, (_, index) => {
    if (index >= objects - DEPLOYMENTS) return deployment(objects - 1 - index, version)
    return index % SERVICE_EVERY === 0 ? service(index, version) : configMap(index, version)
  })
  return all.map((object) => stringify(object)).join('---\n')
}

function configMap(index: number, version: number): object {
  const settings = Array.from({ length: 8 }, (_, line) => `setting.${line} = value ${index} of version ${version}`)
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `settings-${index}` },
    data: { 'app.properties': `${settings.join('\n')}\n`, version: String(version) },
  }
}

/** Without an address of its own: that would be work for every node. */
function service(index: number, version: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `service-${index}`, annotations: { version: String(version) } },
    spec: { clusterIP: 'None', selector: { app: `app-${index % DEPLOYMENTS}` }, ports: [{ port: 80 }] },
  }
}

function deployment(index: number, version: number): object {
  const labels = { app: `app-${index}` }
  const container = { name: 'main', image: pauseImage, env: [{ name: 'VERSION', value: String(version) }] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `app-${index}` },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  }
}
