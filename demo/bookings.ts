// What the repository holds of the example app: its manifests as they lie in examples/k8s/app, and what a change makes of them.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { stringify } from 'yaml'

const manifests = resolve(import.meta.dirname, '../examples/k8s/app')

/** The port at which every node passes on to the app, so that it is seen from outside of the cluster. */
export const entrancePort = 30080

/** The image that the manifests name. */
export const image = 'ghcr.io/acme/bookings:1.0.0'
/** Its successor, which nobody has built. */
const nextImage = 'ghcr.io/acme/bookings:1.1.0'

const ENTRANCE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'bookings-entrance', namespace: 'bookings' },
  spec: {
    type: 'NodePort',
    selector: { 'app.kubernetes.io/name': 'bookings' },
    ports: [{ name: 'http', port: 80, targetPort: 'http', nodePort: entrancePort }],
  },
}

/** What the pull request brings that deploys the app first. The namespace is somebody else's task. */
export const newApp = {
  ...Object.fromEntries(
    ['config', 'deployment', 'disruption-budget', 'service', 'service-account'].map((name) => [
      `k8s/${name}.yaml`,
      manifest(name),
    ]),
  ),
  'k8s/entrance.yaml': stringify(ENTRANCE),
}

/** What the next pull request changes. */
export const nextVersion = {
  'k8s/deployment.yaml': manifest('deployment').replace(image, nextImage),
  'k8s/config.yaml': manifest('config').replace('LOG_LEVEL: info', 'LOG_LEVEL: debug'),
}

function manifest(name: string): string {
  return readFileSync(resolve(manifests, `${name}.yaml`), 'utf8')
}
