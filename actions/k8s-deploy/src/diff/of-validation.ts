import { describeRef, type KubeObject, keyOf, type Ref } from '../kube/objects.ts'
import type { Validated } from '../rollout/validate.ts'
import { type DiffOptions, diffObjects, type ObjectDiff } from './diff.ts'

/** An object of which can't be told what would change. `why`: a sentence. */
export interface Uncompared {
  object: Ref
  why: string
}

export interface Differences {
  /** In the order in which they would be applied, then what would be pruned. */
  diffs: ObjectDiff[]
  uncompared: Uncompared[]
}

/**
 * What a deployment of validated objects would do. Where the server made no dry run of a new object, its manifest is shown.
 *
 * @param pruned as they live
 * @param scaled keys of the objects whose replicas are an autoscaler's
 */
export function differencesOf(
  validated: readonly Validated[],
  pruned: readonly KubeObject[],
  scaled: ReadonlySet<string>,
  options: DiffOptions,
): Differences {
  const compared = validated.filter(({ change }) => change !== 'unknown')
  return {
    diffs: [
      ...compared.map(({ manifest, ref, before, after, write }) =>
        diffObjects(before, after ?? manifest.object, {
          ...options,
          scaled: scaled.has(keyOf(ref)),
          replaced: write === 'replace',
        }),
      ),
      ...pruned.map((object) => diffObjects(object, undefined, options)),
    ],
    uncompared: validated.filter(({ change }) => change === 'unknown').flatMap(whyUnknown),
  }
}

/** What the server refuses is among the problems of the validation. */
function whyUnknown({ ref: object, before, after }: Validated): Uncompared[] {
  if (before !== undefined) {
    return [{ object, why: `${describeRef(object)} lives, and the server could make no dry run of its new state.` }]
  }
  return after === undefined ? [] : [{ object, why: `${describeRef(object)} may not be read with this token.` }]
}
