import type { Manifest } from '../kube/manifest.ts'
import { groupOf, type KindName, type KubeObject } from '../kube/objects.ts'
import { at, listAt, textAt } from '../readiness/read.ts'

const GROUP = 'apiextensions.k8s.io'

export function isCrd(kind: KindName): boolean {
  return kind.kind === 'CustomResourceDefinition' && groupOf(kind) === GROUP
}

export function isNamespace(kind: KindName): boolean {
  return kind.apiVersion === 'v1' && kind.kind === 'Namespace'
}

/** The definition among the manifests that brings a kind in this very version; `undefined` if none does. */
export function definitionOf(kind: KindName, manifests: readonly Manifest[]): KubeObject | undefined {
  return manifests.find(({ object }) => isCrd(object) && kindsOf(object).some((brought) => isSame(brought, kind)))
    ?.object
}

/** The kinds that a definition brings, one per served version. */
export function kindsOf(definition: KubeObject): KindName[] {
  const group = textAt(definition, 'spec', 'group') ?? ''
  const kind = textAt(definition, 'spec', 'names', 'kind') ?? ''
  return servedVersions(definition).map((version) => ({
    apiVersion: `${group}/${textAt(version, 'name') ?? ''}`,
    kind,
  }))
}

/** The schema (OpenAPI v3, structural) of one version. */
export function schemaOf(definition: KubeObject, { apiVersion }: KindName): unknown {
  const name = apiVersion.split('/')[1]
  const version = servedVersions(definition).find((candidate) => textAt(candidate, 'name') === name)
  return at(version, 'schema', 'openAPIV3Schema')
}

function servedVersions(definition: KubeObject): unknown[] {
  return listAt(definition, 'spec', 'versions').filter((version) => at(version, 'served') === true)
}

function isSame(one: KindName, other: KindName): boolean {
  return one.apiVersion === other.apiVersion && one.kind === other.kind
}
