import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Config, readConfig } from '../src/config.ts'

const folder = join(import.meta.dirname, '../../k8s/app')

type Labels = Record<string, string>

/** The parts of the manifests that are looked at here. */
interface Container {
  ports: { name: string; containerPort: number }[]
  startupProbe: { httpGet: object }
  livenessProbe: { httpGet: object }
  readinessProbe: { httpGet: object }
}

interface Deployment {
  selector: { matchLabels: Labels }
  template: {
    metadata: { labels: Labels }
    spec: {
      terminationGracePeriodSeconds: number
      securityContext: { runAsUser: number; runAsGroup: number }
      topologySpreadConstraints: { labelSelector: { matchLabels: Labels } }[]
      containers: Container[]
    }
  }
}

/** The only manifest of a kind. */
function only<Manifest>(kind: string): Manifest {
  const texts = globSync('*.yaml', { cwd: folder }).map((name) => readFileSync(join(folder, name), 'utf8'))
  const found = texts.map((text) => parse(text)).filter((manifest) => manifest.kind === kind)
  assert.equal(found.length, 1, kind)
  return found[0]
}

const deployment = only<{ spec: Deployment }>('Deployment').spec
const pod = deployment.template.spec
const service = only<{ spec: { selector: Labels; ports: { targetPort: string }[] } }>('Service').spec
const budget = only<{ spec: { selector: { matchLabels: Labels } } }>('PodDisruptionBudget').spec
const { data } = only<{ data: Labels }>('ConfigMap')

function configOf(env: Labels): Config {
  const result = readConfig({ ...env, DATABASE_URL: 'postgres://db/bookings' })
  assert.ok(result.kind === 'usable')
  return result.config
}

test('the service accepts its ConfigMap, and every key of it has a meaning', () => {
  assert.equal(configOf(data).logLevel, data['LOG_LEVEL'])
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  for (const name of Object.keys(data)) assert.match(readme, new RegExp(`^\\| \`${name}\` \\|`, 'm'))
})

test('Kubernetes waits longer than the service may take to stop', () => {
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > configOf(data).shutdownDeadlineMs)
})

test('ports, probes and the Service mean the ports that the service listens on', () => {
  const { port, metricsPort } = configOf({})
  const [container] = pod.containers
  assert.deepEqual(container?.ports, [
    { name: 'http', containerPort: port },
    { name: 'metrics', containerPort: metricsPort },
  ])
  assert.equal(service.ports[0]?.targetPort, 'http')
  assert.deepEqual(container?.startupProbe.httpGet, { path: '/healthz', port: 'http' })
  assert.deepEqual(container?.livenessProbe.httpGet, { path: '/healthz', port: 'http' })
  assert.deepEqual(container?.readinessProbe.httpGet, { path: '/readyz', port: 'http' })
})

test('Service, disruption budget and spread select the pods of the Deployment', () => {
  const { labels } = deployment.template.metadata
  assert.deepEqual(deployment.selector.matchLabels, labels)
  assert.deepEqual(service.selector, labels)
  assert.deepEqual(budget.selector.matchLabels, labels)
  assert.deepEqual(pod.topologySpreadConstraints[0]?.labelSelector.matchLabels, labels)
})

test('the pod runs as the user of the image', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')
  const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? []
  const { runAsUser, runAsGroup } = pod.securityContext
  assert.deepEqual([runAsUser, runAsGroup], [Number(uid), Number(gid)])
})
