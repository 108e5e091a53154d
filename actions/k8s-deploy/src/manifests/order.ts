import type { Manifest } from '../kube/manifest.ts'
import { groupOf, type KindName, type KubeObject } from '../kube/objects.ts'
import { fieldsOf } from './fields.ts'
import { podTemplatePlaces } from './pod-templates.ts'

/** What one wave holds, in the order of the waves. Kinds are `group/Kind`, or `group/*` for all of a group. */
const ORDER = [
  { wave: 'namespaces', kinds: ['/Namespace'] },
  { wave: 'definitions', kinds: ['apiextensions.k8s.io/CustomResourceDefinition'] },
  {
    // What decides whether and how everything after it is let in.
    wave: 'policies',
    kinds: [
      '/ResourceQuota',
      '/LimitRange',
      '/ServiceAccount',
      'rbac.authorization.k8s.io/*',
      'networking.k8s.io/NetworkPolicy',
      'networking.k8s.io/IngressClass',
      'scheduling.k8s.io/*',
      'node.k8s.io/*',
      'flowcontrol.apiserver.k8s.io/*',
      'certificates.k8s.io/*',
      'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
      'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
      'admissionregistration.k8s.io/MutatingAdmissionPolicy',
      'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
    ],
  },
  { wave: 'config', kinds: ['/ConfigMap', '/Secret'] },
  {
    wave: 'storage',
    kinds: ['storage.k8s.io/*', '/PersistentVolume', '/PersistentVolumeClaim', 'snapshot.storage.k8s.io/*'],
  },
  // Before the pods: they get the addresses of Services that exist when they start, as environment variables.
  { wave: 'services', kinds: ['/Service', '/Endpoints', 'discovery.k8s.io/*'] },
  // Such as ExternalSecret, Certificate or a database: pods wait for what others make of them.
  { wave: 'custom resources', kinds: [] },
  { wave: 'workloads', kinds: ['/Pod', '/PodTemplate', '/ReplicationController', 'apps/*', 'batch/*'] },
  // Their operator is probably among the workloads, and with it the webhook that checks them.
  { wave: 'custom resources of own definitions', kinds: [] },
  { wave: 'autoscalers', kinds: ['autoscaling/*', 'policy/*', 'keda.sh/*', 'autoscaling.k8s.io/*'] },
  {
    wave: 'routes',
    kinds: [
      'networking.k8s.io/*',
      'extensions/Ingress',
      'gateway.networking.k8s.io/*',
      'networking.istio.io/*',
      'traefik.io/*',
      'projectcontour.io/*',
      'route.openshift.io/*',
    ],
  },
  // Last: unlike a policy, a webhook whose pods aren't ready yet refuses everything that comes after it.
  { wave: 'admission', kinds: ['admissionregistration.k8s.io/*', 'apiregistration.k8s.io/*'] },
] as const satisfies readonly { wave: string; kinds: readonly string[] }[]

type Wave = (typeof ORDER)[number]['wave']

/** What hooks may need: the ServiceAccount of a migration, its Secret, its ConfigMap. */
const GROUNDWORK: ReadonlySet<Wave> = new Set(['namespaces', 'definitions', 'policies', 'config', 'storage'])

/** Is the object applied before the hooks of pre-deploy run? */
export function isGroundwork(object: KubeObject): boolean {
  return GROUNDWORK.has(waveOf(object, new Set()))
}

const WAVE_OF: ReadonlyMap<string, Wave> = new Map(
  ORDER.flatMap(({ wave, kinds }) => kinds.map((kind) => [kind, wave])),
)

/**
 * The manifests in the order in which they are applied, empty waves left out; within a wave as given. Everything in one
 * wave can be applied at the same time.
 */
export function waves(manifests: readonly Manifest[]): Manifest[][] {
  const defined = new Set(manifests.map(({ object }) => definedKind(object)))
  const byWave = Map.groupBy(manifests, ({ object }) => waveOf(object, defined))
  return ORDER.map(({ wave }) => byWave.get(wave) ?? []).filter((members) => members.length > 0)
}

function waveOf(object: KubeObject, defined: ReadonlySet<string | undefined>): Wave {
  const group = groupOf(object)
  const known = WAVE_OF.get(groupKind(object)) ?? WAVE_OF.get(`${group}/*`)
  if (known !== undefined) return known
  if (podTemplatePlaces(object).length > 0) return 'workloads'
  return defined.has(groupKind(object)) ? 'custom resources of own definitions' : 'custom resources'
}

function groupKind(kind: KindName): string {
  return `${groupOf(kind)}/${kind.kind}`
}

/** `group/Kind` of what a CustomResourceDefinition defines. */
function definedKind(object: KubeObject): string | undefined {
  if (object.kind !== 'CustomResourceDefinition') return undefined
  const spec = fieldsOf(object['spec'])
  return `${String(spec['group'])}/${String(fieldsOf(spec['names'])['kind'])}`
}
