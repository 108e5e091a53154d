import { isDeepStrictEqual } from 'node:util'
import { names } from '../kube/names.ts'
import { type KubeObject, keyOf } from '../kube/objects.ts'
import { mapPodTemplates } from '../manifests/pod-templates.ts'
import type { Revision, RevisionInfo } from './history.ts'

/**
 * What can be gone back to from a revision, the newest first. One that was made by going back serves what an older one had
 * brought, so those before that older one: going back twice doesn't come forward again.
 *
 * @param kept the newest first
 */
export function earlierThan(current: number, kept: readonly RevisionInfo[]): RevisionInfo[] {
  const origin = kept.find(({ revision }) => revision === current)?.restores ?? current
  return kept.filter(({ revision }) => revision < origin)
}

/** Would going from one to the other change nothing? Values of Secrets stay in any case. */
export function areAlike(one: Revision, other: Revision): boolean {
  return isDeepStrictEqual(contentOf(one), contentOf(other))
}

function contentOf({ objects, secrets }: Revision): unknown {
  return [objects.map(withoutMarks), secrets.map(({ ref }) => keyOf(ref))]
}

/** An object of a revision without what the deployment that wrote it says of itself. */
export function withoutIdentity(object: KubeObject): KubeObject {
  return without(object, [names.revision, names.commit, names.run, names.actor])
}

function withoutMarks(object: KubeObject): KubeObject {
  return mapPodTemplates(withoutIdentity(object), (template) => without(template, [names.configHash]))
}

function without<Annotated extends { metadata?: unknown }>(object: Annotated, left: readonly string[]): Annotated {
  const metadata = (object.metadata ?? {}) as KubeObject['metadata']
  const kept = Object.entries(metadata.annotations ?? {}).filter(([name]) => !left.includes(name))
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(kept) } }
}
