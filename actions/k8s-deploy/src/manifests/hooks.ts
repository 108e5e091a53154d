import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KindName, type KubeObject, refOf } from '../kube/objects.ts'
import { invalidManifest } from './invalid.ts'

export interface Hooks {
  preDeploy: Manifest[]
  postDeploy: Manifest[]
}

type Phase = 'ordinary' | 'pre-deploy' | 'post-deploy' | 'never'

const HELM_HOOK = 'helm.sh/hook'
const HELM_WEIGHT = 'helm.sh/hook-weight'

/** `test`, `test-success` and the hooks of deletion and rollback aren't here: they are never applied. */
const HELM_PHASES: Readonly<Record<string, Phase>> = {
  'crd-install': 'ordinary',
  'pre-install': 'pre-deploy',
  'pre-upgrade': 'pre-deploy',
  'post-install': 'post-deploy',
  'post-upgrade': 'post-deploy',
}

/**
 * Takes the hooks out of a set. An own hook is a Job with the annotation `ondol.dev/hook`. Helm's may be of any kind, such as
 * the ConfigMap of a hook's Job; those of one phase go by `helm.sh/hook-weight`, and equal ones as written
 * (https://helm.sh/docs/topics/charts_hooks). One of both phases goes first.
 *
 * @throws DeployError `invalid-manifest` for an own hook that is no Job, or of another phase
 */
export function takeHooks(manifests: readonly Manifest[]): { objects: Manifest[]; hooks: Hooks } {
  const byPhase = Map.groupBy(manifests, phaseOf)
  const hooksOf = (phase: Phase) => (byPhase.get(phase) ?? []).toSorted((a, b) => weightOf(a) - weightOf(b))
  return {
    objects: byPhase.get('ordinary') ?? [],
    hooks: { preDeploy: hooksOf('pre-deploy'), postDeploy: hooksOf('post-deploy') },
  }
}

/** By its annotation, an own one or Helm's. */
export function isHook({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[HELM_HOOK] !== undefined || annotations[names.hook] !== undefined
}

/** To write it is to run it, and one of the same name from an earlier deployment has to go first. */
export function runsOnce({ kind }: Pick<KindName, 'kind'>): boolean {
  return kind === 'Job' || kind === 'Pod'
}

function phaseOf(manifest: Manifest): Phase {
  const annotations = manifest.object.metadata.annotations ?? {}
  const helm = annotations[HELM_HOOK]
  if (helm !== undefined) return helmPhase(helm)
  const own = annotations[names.hook]
  return own === undefined ? 'ordinary' : ownPhase(own, manifest)
}

function helmPhase(hook: string): Phase {
  const phases = hook.split(',').map((event) => HELM_PHASES[event.trim()] ?? 'never')
  const ranked: Phase[] = ['ordinary', 'pre-deploy', 'post-deploy']
  return ranked.find((phase) => phases.includes(phase)) ?? 'never'
}

function ownPhase(phase: string, { object, source }: Manifest): Phase {
  const ref = refOf(object)
  if (object.kind !== 'Job' || !object.apiVersion.startsWith('batch/')) {
    throw invalidManifest(
      source,
      `${describeRef(ref)} has the annotation ${names.hook}, and only a Job can be a hook`,
      {
        object: ref,
      },
    )
  }
  if (phase === 'pre-deploy' || phase === 'post-deploy') return phase
  throw invalidManifest(
    source,
    `the annotation ${names.hook} of ${describeRef(ref)} is ${JSON.stringify(phase)}; allowed are pre-deploy and post-deploy`,
    { object: ref },
  )
}

function weightOf({ object }: Manifest): number {
  return Number.parseInt(object.metadata.annotations?.[HELM_WEIGHT] ?? '0', 10) || 0
}
