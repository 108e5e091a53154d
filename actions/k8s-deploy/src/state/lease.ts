import type { KubeObject, Ref } from '../kube/objects.ts'
import { type AppName, ownMeta } from './own-objects.ts'

/** The part of a `coordination.k8s.io/v1` Lease that a lock is made of. `holder` is undefined for one that nobody holds. */
export interface LeaseSpec {
  holder: string | undefined
  durationMs: number
  /** By the API server's clock. */
  acquiredAt: Date
  renewedAt: Date
  /** Counts the changes of holder, so that taking over and taking back is seen. */
  transitions: number
}

export function leaseRef({ app, namespace }: AppName): Ref {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace,
    name: ownMeta({ app, namespace }, 'lock').name,
  }
}

/** @param resourceVersion of the Lease that it shall replace; none for a new one */
export function leaseObject(app: AppName, spec: LeaseSpec, resourceVersion?: string): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...ownMeta(app, 'lock'), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: {
      ...(spec.holder === undefined ? {} : { holderIdentity: spec.holder }),
      leaseDurationSeconds: Math.ceil(spec.durationMs / 1000),
      acquireTime: micro(spec.acquiredAt),
      renewTime: micro(spec.renewedAt),
      leaseTransitions: spec.transitions,
    },
  }
}

export function readLease(lease: KubeObject): LeaseSpec {
  const spec = (lease['spec'] ?? {}) as Record<string, unknown>
  const renewedAt = dateOf(spec['renewTime']) ?? new Date(0)
  return {
    holder: typeof spec['holderIdentity'] === 'string' ? spec['holderIdentity'] || undefined : undefined,
    durationMs: (typeof spec['leaseDurationSeconds'] === 'number' ? spec['leaseDurationSeconds'] : 0) * 1000,
    acquiredAt: dateOf(spec['acquireTime']) ?? renewedAt,
    renewedAt,
    transitions: typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0,
  }
}

/** `MicroTime` is written with six digits. */
function micro(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(typeof value === 'string' ? value : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}
