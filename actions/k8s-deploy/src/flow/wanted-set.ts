import type { Manifest } from '../kube/manifest.ts'
import type { KubeObject } from '../kube/objects.ts'

/** What the app is to consist of. */
export interface WantedSet {
  manifests: Manifest[]
  /** Live Secrets that the set doesn't hold and its pods use: the digest of their configuration counts them. */
  secrets?: KubeObject[]
  /** Made by going back: the revision that first had this set. */
  restores?: number
}
