// The API of VolumeSnapshots without what stands behind it: the lab cluster has no CSI driver, so a test plays the controller.
// True to https://github.com/kubernetes-csi/external-snapshotter/tree/master/client/config/crd (v1) in what the action uses.

export type Kubectl = (args: readonly string[], input?: object) => Promise<string>

const GROUP = 'snapshot.storage.k8s.io'
const text = { type: 'string' }
const flag = { type: 'boolean' }
const number = { type: 'integer', format: 'int64', minimum: 0 }
const time = { type: 'string', format: 'date-time' }
const quantity = {
  type: 'string',
  pattern:
    '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
}
const error = object({ message: text, time })
const reference = object({
  apiVersion: text,
  kind: text,
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
})
const policy = { type: 'string', enum: ['Delete', 'Retain'] }

function object(properties: Record<string, object>, required: readonly string[] = []): object {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

/** Exactly one of two. */
function either(one: string, other: string): object {
  return { ...object({ [one]: text, [other]: text }), oneOf: [{ required: [one] }, { required: [other] }] }
}

function definition(kind: string, scope: 'Namespaced' | 'Cluster', schema: object, hasStatus: boolean): object {
  const singular = kind.toLowerCase()
  const plural = kind.endsWith('s') ? `${singular}es` : `${singular}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${GROUP}`,
      // The API server asks for it in groups of Kubernetes' own.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/665' },
    },
    spec: {
      group: GROUP,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          ...(hasStatus ? { subresources: { status: {} } } : {}),
        },
      ],
    },
  }
}

const DEFINITIONS = [
  definition(
    'VolumeSnapshot',
    'Namespaced',
    object(
      {
        spec: object(
          {
            source: either('persistentVolumeClaimName', 'volumeSnapshotContentName'),
            volumeSnapshotClassName: text,
          },
          ['source'],
        ),
        status: object({
          boundVolumeSnapshotContentName: text,
          creationTime: time,
          readyToUse: flag,
          restoreSize: quantity,
          error,
        }),
      },
      ['spec'],
    ),
    true,
  ),
  definition(
    'VolumeSnapshotContent',
    'Cluster',
    object(
      {
        spec: object(
          {
            deletionPolicy: policy,
            driver: text,
            source: either('volumeHandle', 'snapshotHandle'),
            volumeSnapshotClassName: text,
            volumeSnapshotRef: reference,
          },
          ['deletionPolicy', 'driver', 'source', 'volumeSnapshotRef'],
        ),
        status: object({ creationTime: number, readyToUse: flag, restoreSize: number, snapshotHandle: text, error }),
      },
      ['spec'],
    ),
    true,
  ),
  definition(
    'VolumeSnapshotClass',
    'Cluster',
    object({ deletionPolicy: policy, driver: text, parameters: { type: 'object', additionalProperties: text } }, [
      'deletionPolicy',
      'driver',
    ]),
    false,
  ),
]

/** Brings the API to a cluster that doesn't have it. @returns what takes it away again */
export async function installSnapshotApi(kubectl: Kubectl): Promise<() => Promise<void>> {
  const found = await kubectl(['get', 'crd', `volumesnapshots.${GROUP}`, '--ignore-not-found', '--output=name'])
  if (found !== '') return async () => undefined
  const list = { apiVersion: 'v1', kind: 'List', items: DEFINITIONS }
  await kubectl(['create', '--filename=-'], list)
  const kinds = ['volumesnapshots', 'volumesnapshotcontents', 'volumesnapshotclasses'].map(
    (name) => `crd/${name}.${GROUP}`,
  )
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...kinds])
  return async () => {
    await kubectl(['delete', '--wait=false', ...kinds])
  }
}

/** What a controller does of itself when a snapshot has been made. */
export async function makeReady(kubectl: Kubectl, namespace: string, name: string): Promise<void> {
  const content = `content-of-${namespace}-${name}`
  await kubectl(['create', '--filename=-'], {
    apiVersion: `${GROUP}/v1`,
    kind: 'VolumeSnapshotContent',
    metadata: { name: content, labels: { namespace } },
    spec: {
      deletionPolicy: 'Retain',
      driver: 'ebs.csi.aws.com',
      source: { volumeHandle: 'vol-0123456789abcdef0' },
      volumeSnapshotRef: { kind: 'VolumeSnapshot', name, namespace },
    },
  })
  await setStatus(kubectl, ['volumesnapshotcontent', content], {
    readyToUse: true,
    snapshotHandle: 'snap-0123456789abcdef0',
  })
  await setStatus(kubectl, [`--namespace=${namespace}`, 'volumesnapshot', name], {
    boundVolumeSnapshotContentName: content,
    creationTime: '2026-11-25T02:17:05Z',
    readyToUse: true,
    restoreSize: '16Mi',
  })
}

export async function setStatus(kubectl: Kubectl, object: readonly string[], status: object): Promise<void> {
  await kubectl(['patch', ...object, '--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`])
}
