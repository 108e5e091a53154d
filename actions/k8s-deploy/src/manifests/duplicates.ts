import type { Manifest } from '../kube/manifest.ts'
import { describeRef, keyOf, refOf } from '../kube/objects.ts'
import { describeSource, invalidManifest } from './invalid.ts'

/** Throws `invalid-manifest`, with both places, if one object is written twice. */
export function refuseDuplicates(manifests: readonly Manifest[]): void {
  const first = new Map<string, Manifest>()
  for (const manifest of manifests) {
    const ref = refOf(manifest.object)
    const earlier = first.get(keyOf(ref))
    if (earlier !== undefined) {
      const message = `${describeRef(ref)} is there a second time; the first is in ${describeSource(earlier.source)}`
      throw invalidManifest(manifest.source, message, { object: ref })
    }
    first.set(keyOf(ref), manifest)
  }
}
