import { names } from '../kube/names.ts'
import { groupOf, type KindName, type KubeObject } from '../kube/objects.ts'
import { fieldsOf, isFields, type Path } from '../manifests/fields.ts'

/** Fields that say nothing about what a change means. */
interface Noise {
  /** Group and kind, such as `batch/Job`; absent: every kind. */
  kinds?: readonly string[]
  fields: readonly Path[]
  reason: string
}

const annotations = (...keys: readonly string[]): Path[] => keys.map((key) => ['metadata', 'annotations', key])

const JOB_MARKS = ['controller-uid', 'job-name'].flatMap((mark) => [mark, `batch.kubernetes.io/${mark}`])

const NOISE: readonly Noise[] = [
  {
    reason: 'what happens to an object is not what it is meant to be',
    fields: [['status']],
  },
  {
    reason: 'the server counts and stamps these by itself',
    fields: [
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'managedFields',
      'selfLink',
    ].map((field) => ['metadata', field]),
  },
  {
    reason: 'the action writes these anew in every run',
    fields: annotations(names.home, names.revision, names.commit, names.run, names.actor),
  },
  {
    // A pull request's run may have other digests: it may lack the key, and the values of the input `secrets`.
    reason: 'a digest of ConfigMaps and Secrets, which are compared themselves',
    fields: [['spec', 'template', 'metadata', 'annotations', names.configHash]],
  },
  {
    reason: 'a copy of the whole object, with the values of Secrets, which kubectl keeps for itself',
    fields: annotations('kubectl.kubernetes.io/last-applied-configuration'),
  },
  {
    reason: 'controllers count with these',
    fields: annotations('deployment.kubernetes.io/revision', 'deprecated.daemonset.template.generation'),
  },
  {
    reason: 'the binding of a volume is made after the object',
    kinds: ['/PersistentVolumeClaim'],
    fields: annotations(
      'pv.kubernetes.io/bind-completed',
      'pv.kubernetes.io/bound-by-controller',
      'volume.kubernetes.io/selected-node',
    ),
  },
  {
    reason: 'the server ties a Job to its pods by its uid and name, which a dry run under another name has others of',
    kinds: ['batch/Job'],
    fields: [
      ['spec', 'selector', 'matchLabels', 'controller-uid'],
      ['spec', 'selector', 'matchLabels', 'batch.kubernetes.io/controller-uid'],
      ...JOB_MARKS.flatMap((mark): Path[] => [
        ['metadata', 'labels', mark],
        ['spec', 'template', 'metadata', 'labels', mark],
      ]),
    ],
  },
]

/** Under an autoscaler their number is the autoscaler's. */
const REPLICAS: Path = ['spec', 'replicas']

/**
 * The object without what is noise when two states of it are compared. A map that this leaves empty goes, too.
 *
 * @param scaled an autoscaler has its replicas
 */
export function normalise(object: KubeObject, scaled = false): KubeObject {
  const fields = [...noiseOf(object), ...(scaled ? [REPLICAS] : [])]
  return fields.reduce<unknown>(without, object) as KubeObject
}

function noiseOf(kind: KindName): Path[] {
  const key = `${groupOf(kind)}/${kind.kind}`
  return NOISE.filter(({ kinds }) => kinds === undefined || kinds.includes(key)).flatMap(({ fields }) => fields)
}

function without(value: unknown, [step = '', ...rest]: Path): unknown {
  if (!isFields(value) || !Object.hasOwn(value, step)) return value
  const { [step]: inner, ...others } = value
  if (rest.length === 0) return others
  const left = without(inner, rest)
  const isEmptied = left !== inner && Object.keys(fieldsOf(left)).length === 0
  return isEmptied ? others : { ...value, [step]: left }
}
