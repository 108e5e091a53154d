import { names } from '../kube/names.ts'
import type { KubeObject, Ref } from '../kube/objects.ts'

/** What the action keeps in the cluster for itself. */
export type Part = 'lock' | 'snapshot' | 'inventory' | 'revision' | 'digest-key'

/** Whose objects: an app in its namespace. */
export interface AppName {
  app: string
  namespace: string
  /** From the input digest-key: what is kept is sealed by it, and what bears no seal of it isn't acted upon. */
  sealKey?: Uint8Array
}

/** App names have up to 40 characters (inputs.ts), object names up to 253. */
export function ownName(app: string, suffix?: string): string {
  return suffix === undefined ? `ondol-${app}` : `ondol-${app}-${suffix}`
}

export function ownMeta({ app, namespace }: AppName, part: Part, suffix?: string): KubeObject['metadata'] {
  return { name: ownName(app, suffix), namespace, labels: ownLabels(app, part) }
}

export function ownLabels(app: string, part: Part): Record<string, string> {
  return { [names.app]: app, [names.part]: part }
}

export function ownSelector(app: string, part: Part): string {
  return Object.entries(ownLabels(app, part))
    .map(([label, value]) => `${label}=${value}`)
    .join(',')
}

export function secretRef(namespace: string, name: string): Ref {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name }
}

/** The bytes of one key of a Secret; `undefined` when it has none. */
export function secretData(secret: KubeObject, key: string): Buffer | undefined {
  const text = (secret['data'] as Record<string, string> | undefined)?.[key]
  return text === undefined ? undefined : Buffer.from(text, 'base64')
}
