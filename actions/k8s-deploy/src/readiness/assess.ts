import { groupOf, type KubeObject } from '../kube/objects.ts'
import {
  assessApiService,
  assessAsIs,
  assessAutoscaler,
  assessBudget,
  assessClaim,
  assessDefinition,
  assessNamespace,
  assessQuota,
  assessService,
} from './cluster-kinds.ts'
import { assessCustom } from './custom.ts'
import { assessDeployment, assessReplicaSet } from './deployments.ts'
import { assessJob, isOver } from './jobs.ts'
import { assessPod } from './pods.ts'
import { at, textAt } from './read.ts'
import { inProgress, named } from './say.ts'
import { assessDaemonSet, assessStatefulSet } from './statefulsets.ts'
import type { Surroundings, Verdict } from './verdict.ts'

type Assess = (object: KubeObject, surroundings: Surroundings) => Verdict

/** Kinds whose controller always tells which generation it has seen. */
const observed: Record<string, Assess> = {
  'apps/Deployment': assessDeployment,
  'apps/ReplicaSet': assessReplicaSet,
  'apps/StatefulSet': assessStatefulSet,
  'apps/DaemonSet': assessDaemonSet,
  '/ReplicationController': assessReplicaSet,
  'policy/PodDisruptionBudget': assessBudget,
}

const others: Record<string, Assess> = {
  '/Pod': assessPod,
  'batch/Job': assessJob,
  '/PersistentVolumeClaim': assessClaim,
  '/Service': assessService,
  '/ResourceQuota': assessQuota,
  '/Namespace': assessNamespace,
  'autoscaling/HorizontalPodAutoscaler': assessAutoscaler,
  'apiextensions.k8s.io/CustomResourceDefinition': assessDefinition,
  'apiregistration.k8s.io/APIService': assessApiService,
}

/** Groups of Kubernetes itself: what isn't in the tables above has nothing to wait for. */
const builtInGroups = [
  '',
  'apps',
  'batch',
  'policy',
  'autoscaling',
  'apiregistration.k8s.io',
  'apiextensions.k8s.io',
  'admissionregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]

/**
 * How an object is that this deployment has written: a pure function over what the API says.
 *
 * Graces pass without any change of the objects, so it has to be asked again as time goes by, not only after events.
 *
 * Never throws, whatever the shape of the objects: what is no object with a kind and a name is `unknown`.
 */
export function assess(object: KubeObject, surroundings: Surroundings): Verdict {
  const [group, kind] = [textAt(object, 'apiVersion'), textAt(object, 'kind')]
  if (group === undefined || kind === undefined || textAt(object, 'metadata', 'name') === undefined) {
    return { state: 'unknown', reason: 'no-object', message: `${named(object)} is not told in a form that is known.` }
  }
  // What came of a Job that is over doesn't change any more.
  if (textAt(object, 'metadata', 'deletionTimestamp') !== undefined && !isOver(object)) {
    return { state: 'terminating', reason: 'terminating', message: `${named(object)} is being deleted.` }
  }
  const name = `${groupOf(object)}/${kind}`
  if (!isObserved(object, Object.hasOwn(observed, name))) {
    return inProgress(object, 'not-observed', 'is not yet seen by its controller in its newest form')
  }
  return assessorOf(name, groupOf(object))(object, surroundings)
}

function assessorOf(name: string, group: string): Assess {
  const known = { ...observed, ...others }
  if (Object.hasOwn(known, name)) return known[name] ?? assessAsIs
  return builtInGroups.includes(group) ? assessAsIs : assessCustom
}

/**
 * Until the controller has seen the newest generation, its conditions are about an older one: all of them are ignored
 * (kubernetes#49637: a stale ProgressDeadlineExceeded read right after a change). Argo Rollouts writes the generation as a text.
 */
function isObserved(object: KubeObject, always: boolean): boolean {
  const seen = at(object, 'status', 'observedGeneration')
  const generation = at(object, 'metadata', 'generation')
  if (seen === undefined) return !always
  return generation === undefined || String(seen) === String(generation)
}
