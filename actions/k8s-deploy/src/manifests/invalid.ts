import { DeployError } from '../failure.ts'
import type { Source } from '../kube/manifest.ts'
import type { Ref } from '../kube/objects.ts'

/** `k8s/web.yaml, document 2 (line 14)`. */
export function describeSource({ file, document, line }: Source): string {
  return `${file}, document ${document} (line ${line})`
}

/** @param message goes on after `file, document n (line n): ` and ends without a full stop */
export function invalidManifest(
  source: Source,
  message: string,
  more: { remedy?: string; object?: Ref; cause?: unknown } = {},
): DeployError {
  const { cause, ...rest } = more
  return new DeployError(
    { reason: 'invalid-manifest', message: `${describeSource(source)}: ${message}.`, source, ...rest },
    cause,
  )
}
