import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../kube/objects.ts'
import { imageRules, imagesOf, parseImageEntry, substituteImages } from './images.ts'
import { manifest } from './test-support.ts'

const SHA = `sha256:${'ab'.repeat(32)}`
const OLD = 'ghcr.io/acme/shop:v1'
const NEW = `ghcr.io/acme/shop@${SHA}`
const entries = [parseImageEntry(`ghcr.io/acme/shop=${NEW}`)]

const podSpec = (image: string) => ({
  initContainers: [{ name: 'migrate', image }],
  containers: [
    { name: 'web', image },
    { name: 'proxy', image: 'envoy:1' },
  ],
  ephemeralContainers: [{ name: 'debug', image }],
  volumes: [
    { name: 'assets', image: { reference: image } },
    { name: 'config', configMap: { name: image } },
  ],
})
const template = (image: string) => ({ spec: podSpec(image) })

const holders: [string, (image: string) => KubeObject][] = [
  ['v1 Pod', (image) => object('v1', 'Pod', podSpec(image))],
  ['v1 ReplicationController', (image) => object('v1', 'ReplicationController', { template: template(image) })],
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind): [string, (image: string) => KubeObject] => [
    `apps/v1 ${kind}`,
    (image) => object('apps/v1', kind, { template: template(image) }),
  ]),
  ['batch/v1 Job', (image) => object('batch/v1', 'Job', { template: template(image) })],
  [
    'batch/v1 CronJob',
    (image) => object('batch/v1', 'CronJob', { jobTemplate: { spec: { template: template(image) } } }),
  ],
  ['argoproj.io Rollout', (image) => object('argoproj.io/v1alpha1', 'Rollout', { template: template(image) })],
  ['Knative Service', (image) => object('serving.knative.dev/v1', 'Service', { template: template(image) })],
  [
    'JobSet',
    (image) =>
      object('jobset.x-k8s.io/v1alpha2', 'JobSet', {
        replicatedJobs: [{ template: { spec: { template: template(image) } } }, { template: {} }],
      }),
  ],
  [
    'LeaderWorkerSet',
    (image) =>
      object('leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', {
        leaderWorkerTemplate: { workerTemplate: template(image) },
      }),
  ],
  [
    'argoproj.io Workflow',
    (image) =>
      object('argoproj.io/v1alpha1', 'Workflow', { templates: [{ container: { image } }, { script: { image } }] }),
  ],
  ['Prometheus', (image) => object('monitoring.coreos.com/v1', 'Prometheus', { image })],
]

function object(apiVersion: string, kind: string, spec: object): KubeObject {
  return { apiVersion, kind, metadata: { name: 'web' }, spec }
}

test.each(holders)('every image of a %s, and nothing else', (_, holder) => {
  const [substituted] = substituteImages([manifest(holder(OLD))], entries)

  const expected = JSON.stringify(holder(NEW)).replace(
    JSON.stringify({ configMap: { name: NEW } }).slice(1, -1),
    JSON.stringify({ configMap: { name: OLD } }).slice(1, -1),
  )
  expect(JSON.stringify(substituted?.object)).toBe(expected)
})

test.each([
  ['nginx', 'docker.io/library/nginx:1.27'],
  ['docker.io/library/nginx', 'nginx'],
  ['localhost:5000/app', 'localhost:5000/app:v1'],
  ['ghcr.io/acme/shop', `ghcr.io/acme/shop:v1@${SHA}`],
])('%s matches %s', (name, image) => {
  const given = [manifest(object('v1', 'Pod', { containers: [{ image }] }))]

  expect(imagesOf(substituteImages(given, [parseImageEntry(`${name}=acme/other:v3`)]))).toEqual(['acme/other:v3'])
})

test('another repository of the same registry is another image', () => {
  const given = [
    manifest(
      object('v1', 'Pod', { containers: [{ image: 'localhost:5000/app:v1' }, { image: 'localhost:5000/db:v1' }] }),
    ),
  ]

  expect(imagesOf(substituteImages(given, [parseImageEntry('localhost:5000/app=localhost:5000/app:v2')]))).toEqual([
    'localhost:5000/app:v2',
    'localhost:5000/db:v1',
  ])
})

test('what is no image stays: definitions, configuration, and text that is no reference', () => {
  const given = [
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'a' },
      spec: { template: template(OLD) },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { image: OLD } },
    object('v1', 'Pod', { containers: [{ image: 'no Image' }, { image: 3 }, {}, null] }),
    object('apps/v1', 'Deployment', {}),
  ].map(manifest)
  const all = [...given, manifest(object('v1', 'Pod', { containers: [{ image: OLD }] }))]

  expect(substituteImages(all, entries).slice(0, -1)).toEqual(given)
})

test('rules can be others', () => {
  const rules = [...imageRules, { group: 'acme.example', kind: 'App', path: 'spec.parts[].run.image' }]
  const given = [manifest(object('acme.example/v1', 'App', { parts: [{ run: { image: OLD } }] }))]

  expect(imagesOf(substituteImages(given, entries, rules), rules)).toEqual([NEW])
})

describe('refused', () => {
  test('an entry that matches nothing, with the images that are there', () => {
    const given = [
      manifest(object('v1', 'Pod', { containers: [{ image: 'nginx:1' }, { image: 'ghcr.io/acme/shopp:v1' }] })),
    ]

    expect(() => substituteImages(given, entries)).toThrow(
      'The input images has an entry for ghcr.io/acme/shop, which no manifest uses; they have "ghcr.io/acme/shopp:v1", "nginx:1".',
    )
    expect(() => substituteImages([], entries)).toThrow('they have no image at all.')
  })

  test.each(['${IMAGE}', 'ghcr.io/acme/web:$TAG', 'ghcr.io/acme/web:{{ .tag }}', '<image>'])(
    'the image %j, in which a value is still to be put',
    (image) => {
      const given = manifest(object('v1', 'Pod', { containers: [{ image }] }))

      expect(() => substituteImages([given], [])).toThrow(
        `the image of Pod \`web\` is ${JSON.stringify(image)}: its place isn't filled`,
      )
    },
  )

  test('no such image of a kind that fills it by itself', () => {
    const workflow = object('argoproj.io/v1alpha1', 'Workflow', {
      templates: [{ container: { image: '{{inputs.parameters.image}}' } }],
    })
    const given = [manifest(workflow)]

    expect(substituteImages(given, [])).toEqual(given)
  })

  test('two entries of one name', () => {
    const twice = ['nginx=nginx:1', 'docker.io/library/nginx=nginx:2'].map(parseImageEntry)

    expect(() => substituteImages([], twice)).toThrow('two entries of one name')
  })

  test.each([
    'nginx',
    '=nginx',
    'nginx=',
    'nginx:1=nginx:2',
    `nginx@${SHA}=nginx:2`,
    'nginx=nginx:',
    'Nginx=nginx:1',
    '',
  ])('the entry %j', (entry) => {
    expect(() => parseImageEntry(entry)).toThrow(`The input images has the entry ${JSON.stringify(entry)}: `)
  })
})
