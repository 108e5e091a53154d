import type { FailureReason } from '../failure.ts'

/**
 * When a sign becomes a failure. The word is Kubernetes' own where it has one. A sign is due as soon as it has lasted
 * `graceMs` or was seen `count` times, whichever comes first; a bound that is left out doesn't apply.
 *
 * `says` and `remedy` may hold `{container}`, `{image}`, `{exit}`, `{limit}`, `{restarts}`, `{probe}` and `{detail}` (what
 * the cluster said about it).
 */
export interface TerminalRule {
  signal: Signal
  /** Of what the cluster said, without the image's own name. The first rule whose signal and text match applies. */
  match?: RegExp
  reason: FailureReason
  graceMs?: number
  count?: number
  /** The Job's controller itself counts these and gives up by its `backoffLimit`. */
  countedByJob?: true
  /** Ends with the pods that are just ending: what they hold becomes free. */
  waitsForEndingPods?: true
  says: string
  remedy: string
}

export type Signal =
  | 'InvalidImageName'
  | 'ErrImageNeverPull'
  | 'ErrImagePull'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'OOMKilled'
  | 'ProbeKilled'
  | 'StartError'
  | 'CrashLoopBackOff'
  | 'InitCrashLoopBackOff'
  | 'Unschedulable'
  | 'FailedMount'
  | 'FailedCreatePodSandBox'
  | 'FailedCreate'
  | 'ProvisioningFailed'

const second = 1000

/** The kubelet's caches lag behind objects that were just created (krane keeps the same exception): never a failure. */
export const passing = /failed to sync .* cache/

/**
 * Every terminal reason, the most exact first: where several signs are due, the first of this table is told.
 *
 * Sources: krane 3.9 (`kubernetes_resource/pod.rb`), kubedog, kstatus, and what Kubernetes 1.34 with containerd was seen to
 * say. krane reads Docker's wording; containerd's differs, so both are matched.
 */
export const terminalRules: readonly TerminalRule[] = [
  // The kubelet doesn't even ask a registry, so nothing changes by itself.
  {
    signal: 'InvalidImageName',
    reason: 'image-invalid',
    graceMs: 0,
    says: '`{image}` of container `{container}` is not a valid image reference',
    remedy: 'Write the image as `registry/name:tag` or `registry/name@sha256:…`, with the name in lower case.',
  },
  {
    signal: 'ErrImageNeverPull',
    reason: 'image-not-found',
    graceMs: 0,
    says: 'image `{image}` of container `{container}` is not on the node, and its pull policy `Never` forbids to fetch it',
    remedy: 'Load the image onto the nodes, or use the pull policy `IfNotPresent`.',
  },
  // Docker Hub answers for an absent repository as for a private one ("repository does not exist or may require
  // authorization"), so refusals are told before absence. One sighting may be a registry that is just being updated (krane#819).
  {
    signal: 'ErrImagePull',
    match: /unauthorized|denied|forbidden|authorization failed|no basic auth credentials/i,
    reason: 'image-auth',
    graceMs: 20 * second,
    count: 2,
    says: 'the registry refuses to give image `{image}` of container `{container}` to this cluster',
    remedy: 'Check the name, and the `imagePullSecrets` of the pod or of its ServiceAccount.',
  },
  {
    signal: 'ErrImagePull',
    match: /no match for platform/i,
    reason: 'image-not-found',
    graceMs: 20 * second,
    count: 2,
    says: 'image `{image}` of container `{container}` has no build for the platform of the node',
    remedy: 'Build the image for the platform of the nodes too.',
  },
  {
    signal: 'ErrImagePull',
    match: /not found|manifest unknown|name unknown|does not exist/i,
    reason: 'image-not-found',
    graceMs: 20 * second,
    count: 2,
    says: 'image `{image}` of container `{container}` does not exist in the registry',
    remedy: 'Check the name and the tag, and that the image was pushed before this deployment.',
  },
  // Time-outs, 429 and DNS often pass (krane#819, krane#477).
  {
    signal: 'ErrImagePull',
    reason: 'image-pull',
    graceMs: 90 * second,
    count: 4,
    says: 'image `{image}` of container `{container}` cannot be pulled: {detail}',
    remedy: 'Check that the nodes reach the registry and that it does not limit their requests.',
  },
  // A ConfigMap may be applied a moment later; the kubelet looks again within seconds.
  {
    signal: 'CreateContainerConfigError',
    match: /not found|couldn't find key|non-?existent config key/i,
    reason: 'config-missing',
    graceMs: 30 * second,
    says: 'container `{container}` needs what is not there: {detail}',
    remedy: 'Add the ConfigMap, Secret or key to the manifests, or mark the reference as `optional`.',
  },
  {
    signal: 'CreateContainerConfigError',
    reason: 'resource-failed',
    graceMs: 30 * second,
    says: 'container `{container}` cannot be configured: {detail}',
    remedy: 'Correct the container in the pod template.',
  },
  // One kill may be a peak at start; the second one in the new revision isn't.
  {
    signal: 'OOMKilled',
    reason: 'oom-killed',
    count: 2,
    countedByJob: true,
    says: 'container `{container}` was killed for using more memory than {limit}',
    remedy: 'Raise `resources.limits.memory`, or make the process use less.',
  },
  // "Container web failed liveness probe, will be restarted": the process did not end by itself.
  {
    signal: 'ProbeKilled',
    reason: 'probe-failing',
    count: 2,
    countedByJob: true,
    says: 'container `{container}` is restarted again and again because its {probe} fails: {detail}',
    remedy: 'Correct the probe, or give the container more time with a `startupProbe`.',
  },
  // containerd answers a command that doesn't exist with exit code 128 and StartError. krane takes 128 for a passing fault of
  // Docker, which it no longer is.
  {
    signal: 'StartError',
    reason: 'crash-loop',
    count: 2,
    countedByJob: true,
    says: 'container `{container}` cannot start (exit code {exit}): {detail}',
    remedy: 'Check `command` and `args`, and that the program is in the image and can be executed.',
  },
  // Two restarts take some ten seconds by the kubelet's back-off (0, 10, 20, 40 s …).
  {
    signal: 'CrashLoopBackOff',
    reason: 'crash-loop',
    count: 2,
    countedByJob: true,
    says: 'container `{container}` ends with exit code {exit} each time it starts (restarts: {restarts})',
    remedy: 'See its last log lines in the job summary.',
  },
  // An init container may wait for a dependency by failing: four restarts are 70 s of the kubelet's back-off.
  {
    signal: 'InitCrashLoopBackOff',
    reason: 'crash-loop',
    count: 4,
    countedByJob: true,
    says: 'init container `{container}` ends with exit code {exit} each time it starts (restarts: {restarts})',
    remedy: 'See its last log lines in the job summary.',
  },
  // Not in the kubelet's restart count, since the container was never made: a volume's subPath, a device, a name in use.
  {
    signal: 'CreateContainerError',
    reason: 'resource-failed',
    graceMs: 60 * second,
    count: 3,
    says: 'container `{container}` cannot be created: {detail}',
    remedy: 'Correct the container in the pod template.',
  },
  {
    signal: 'Unschedulable',
    match: /persistentvolumeclaim "[^"]*" not found/,
    reason: 'mount-failed',
    graceMs: 60 * second,
    says: 'its pods cannot be scheduled: {detail}',
    remedy: 'Add the PersistentVolumeClaim to the manifests.',
  },
  // An autoscaler adds a node in one to two minutes; the 15 s of kstatus are too short for it.
  {
    signal: 'Unschedulable',
    reason: 'unschedulable',
    graceMs: 90 * second,
    says: 'no node can take its pods: {detail}',
    remedy: 'Lower the requests, or correct selectors, affinity and tolerations, or add nodes.',
  },
  // The pod's status says only ContainerCreating. A volume of a node that was lost is detached after minutes, which is longer than this.
  {
    signal: 'FailedMount',
    reason: 'mount-failed',
    graceMs: 60 * second,
    says: 'a volume cannot be mounted: {detail}',
    remedy: 'Check that the volume, the Secret or the ConfigMap exists and can be attached to the node.',
  },
  {
    signal: 'FailedCreatePodSandBox',
    reason: 'resource-failed',
    graceMs: 60 * second,
    says: 'its pods get no sandbox on their node: {detail}',
    remedy: 'Check the network plug-in and the container runtime of the node.',
  },
  // Pods that are refused. 20 s: a quota or a ServiceAccount of the same deployment is there by then.
  {
    signal: 'FailedCreate',
    match: /exceeded quota|failed quota/,
    reason: 'quota',
    graceMs: 20 * second,
    waitsForEndingPods: true,
    says: 'its pods exceed a quota: {detail}',
    remedy: 'Raise the ResourceQuota, or lower replicas and requests.',
  },
  {
    signal: 'FailedCreate',
    match: /service ?account.* not found/i,
    reason: 'config-missing',
    graceMs: 20 * second,
    says: 'its pods name a ServiceAccount that is not there: {detail}',
    remedy: 'Add the ServiceAccount to the manifests.',
  },
  // A webhook's own pods may just be restarting.
  {
    signal: 'FailedCreate',
    match: /failed calling (admission )?webhook/,
    reason: 'webhook-failed',
    graceMs: 60 * second,
    says: 'its pods cannot be created since an admission webhook does not answer: {detail}',
    remedy: 'Repair the service behind the webhook.',
  },
  {
    signal: 'FailedCreate',
    match: /violates PodSecurity|denied|forbidden/,
    reason: 'admission-denied',
    graceMs: 20 * second,
    says: 'its pods are refused by an admission rule of the cluster: {detail}',
    remedy: 'Change the pod template so that the rule allows it.',
  },
  {
    signal: 'FailedCreate',
    reason: 'resource-failed',
    graceMs: 20 * second,
    says: 'its pods cannot be created: {detail}',
    remedy: 'Correct the pod template.',
  },
  {
    signal: 'ProvisioningFailed',
    reason: 'mount-failed',
    graceMs: 60 * second,
    says: 'no volume can be made for it: {detail}',
    remedy: 'Check its storage class, and that the provisioner runs.',
  },
]

/** The rule for a signal and what the cluster said about it. */
export function ruleFor(signal: Signal, detail: string): TerminalRule {
  const rule = terminalRules.find((row) => row.signal === signal && (row.match?.test(detail) ?? true))
  if (rule === undefined) throw new RangeError(`no terminal rule for ${signal}`)
  return rule
}
