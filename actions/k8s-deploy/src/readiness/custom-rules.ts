/** A state of one condition. Without `reasons`, whatever its reason is. */
export interface ConditionIs {
  type: string
  status: 'True' | 'False'
  reasons?: readonly string[]
}

/** When a custom resource is ready, and when it has failed. */
export interface CustomRule {
  group: string
  kind: string
  /** All of these. */
  ready: readonly ConditionIs[]
  /** Any of these, once it has lasted `graceMs`. */
  failed: readonly (ConditionIs & { graceMs: number })[]
  /** Where several parties have conditions of their own, each has to be ready: a path to their list. */
  parties?: readonly string[]
  /** Instead of conditions, a word at `status.phase`. */
  phases?: { ready: readonly string[]; failed: readonly string[] }
}

const minute = 60_000

const is = (type: string, status: 'True' | 'False' = 'True'): ConditionIs => ({ type, status })
const lasting = (type: string, graceMs = minute) => ({ ...is(type, 'False'), graceMs })

/** What can't be right as it is written, by the resources' own documentation, or is seldom mended by waiting. */
export const customRules: readonly CustomRule[] = [
  // https://cert-manager.io/docs/reference/api-docs/: Issuing is False with reason Failed when the last request was refused.
  {
    group: 'cert-manager.io',
    kind: 'Certificate',
    ready: [is('Ready')],
    failed: [{ type: 'Issuing', status: 'False', reasons: ['Failed'], graceMs: 0 }],
  },
  { group: 'cert-manager.io', kind: 'Issuer', ready: [is('Ready')], failed: [lasting('Ready')] },
  { group: 'cert-manager.io', kind: 'ClusterIssuer', ready: [is('Ready')], failed: [lasting('Ready')] },
  // https://argo-rollouts.readthedocs.io: Paused is a step of the strategy, Degraded is an abort or a deadline.
  {
    group: 'argoproj.io',
    kind: 'Rollout',
    ready: [],
    failed: [],
    phases: { ready: ['Healthy'], failed: ['Degraded'] },
  },
  // https://knative.dev/docs/serving: `Ready=False` is terminal by Knative's conventions, `Unknown` is progress.
  { group: 'serving.knative.dev', kind: 'Service', ready: [is('Ready')], failed: [lasting('Ready', 0)] },
  // https://external-secrets.io: SecretSyncedError is tried again at each refresh.
  { group: 'external-secrets.io', kind: 'ExternalSecret', ready: [is('Ready')], failed: [lasting('Ready')] },
  // https://gateway-api.sigs.k8s.io/reference/spec: Accepted says whether what is written can be used at all.
  {
    group: 'gateway.networking.k8s.io',
    kind: 'Gateway',
    ready: [is('Accepted'), is('Programmed')],
    failed: [lasting('Accepted', 30_000)],
  },
  {
    group: 'gateway.networking.k8s.io',
    kind: 'HTTPRoute',
    ready: [is('Accepted'), is('ResolvedRefs')],
    failed: [lasting('Accepted', 30_000), lasting('ResolvedRefs', 30_000)],
    parties: ['status', 'parents'],
  },
]

/**
 * Crossplane's managed resources have many groups, all below these: `Synced` says whether the last reconciliation went
 * through, `Ready` whether the outer resource is there (https://docs.crossplane.io).
 */
export const crossplaneGroups = /(^|\.)crossplane\.io$|\.upbound\.io$/
export const crossplaneRule: Pick<CustomRule, 'ready' | 'failed'> = {
  ready: [is('Synced'), is('Ready')],
  failed: [lasting('Synced')],
}

/**
 * The conventions of kstatus, which Flux and most operators keep. `Failed` is of older operators. `Ready`, or else
 * `Available`, is asked where the resource has it.
 */
export const conventions: Pick<CustomRule, 'failed'> = {
  failed: [
    { ...is('Stalled'), graceMs: 0 },
    { ...is('Failed'), graceMs: 0 },
  ],
}

/** A controller that has anything to say about a new object has begun within this time (kluctl waits as long). */
export const silenceMs = 15_000
