import type { Source } from '../kube/manifest.ts'
import { describeRef, type KubeObject, refOf } from '../kube/objects.ts'
import { type Fields, fieldsOf, isFields } from './fields.ts'
import { invalidManifest } from './invalid.ts'

/** As kubectl knows a list: by its items. A kind such as `AllowList` without `items` is an object like any other. */
export function isList({ kind, items }: Fields): boolean {
  return typeof kind === 'string' && (kind === 'List' || (kind.endsWith('List') && Array.isArray(items)))
}

/** Items of a list of one kind (`ConfigMapList`) may leave out what the list says. */
export function itemsOf({ apiVersion, kind, items }: Fields): unknown[] {
  if (!Array.isArray(items)) return []
  if (kind === 'List') return items
  const implied = { apiVersion, kind: String(kind).slice(0, -'List'.length) }
  return items.map((item) => (isFields(item) ? { ...implied, ...item } : item))
}

/** Names go into addresses and code spans; RBAC allows more in them (`system:node`) than the other kinds. */
const SYNTAX = {
  apiVersion: /^(?:[a-z0-9][-.a-z0-9]{0,252}\/)?[a-z0-9]{1,63}$/,
  kind: /^[A-Za-z][A-Za-z0-9]{0,62}$/,
  'metadata.name': /^(?!\.{1,2}$)[^\s/%`<>\p{C}]{1,253}$/u,
  'metadata.namespace': /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
}

/** The value as an object of Kubernetes. Throws `invalid-manifest` if it doesn't say which, or has what no object may have. */
export function identified(value: Fields, source: Source): KubeObject {
  const { apiVersion, kind, metadata } = value
  if (apiVersion === undefined && VALUES_FILE.test(source.file)) throw valuesFile(source)
  requireText('apiVersion', apiVersion, source)
  requireText('kind', kind, source)
  if (kind === 'Kustomization' && apiVersion.startsWith('kustomize.config.k8s.io/')) {
    throw invalidManifest(source, 'this is a kustomization, no object', {
      remedy: 'Name its folder in the input manifests, and it is rendered.',
    })
  }
  if (!isFields(metadata)) throw invalidManifest(source, `this ${kind} has no metadata`)
  checkName(kind, metadata, source)
  const object = { ...value, apiVersion, kind, metadata } as KubeObject
  if (metadata['namespace'] !== undefined) requireText('metadata.namespace', metadata['namespace'], source)
  for (const field of ['labels', 'annotations']) checkTexts(object, field, source)
  return object
}

const VALUES_FILE = /(?:^|\/)values[^/]*\.ya?ml$/

function valuesFile(source: Source): Error {
  return invalidManifest(source, 'apiVersion is missing', {
    remedy: 'Is this a values file? Name it in the input helm-values, and the folder of its chart in manifests.',
  })
}

function checkName(kind: string, { name, generateName }: Fields, source: Source): void {
  if (name === undefined && generateName !== undefined) {
    throw invalidManifest(
      source,
      `this ${kind} has metadata.generateName and no metadata.name, so it would be another object every time`,
      {
        remedy: 'Give it a name; a Job that is to run with every deployment can be a hook (annotation ondol.dev/hook).',
      },
    )
  }
  requireText('metadata.name', name, source)
}

function requireText(field: keyof typeof SYNTAX, value: unknown, source: Source): asserts value is string {
  if (value === undefined || value === null || value === '') throw invalidManifest(source, `${field} is missing`)
  if (typeof value !== 'string') {
    throw invalidManifest(source, `${field} is ${shown(value)} and must be text`, { remedy: 'Put it in quotes.' })
  }
  if (value.includes('{{'))
    throw invalidManifest(source, `template text ({{ … }}) is still in ${field}`, { remedy: RENDER_FIRST })
  if (!SYNTAX[field].test(value))
    throw invalidManifest(source, `${field} is ${JSON.stringify(value)}, which the API doesn't allow`)
}

export const RENDER_FIRST =
  'Render the template before, or name the folder of the Helm chart (with its Chart.yaml) in the input manifests.'

function checkTexts(object: KubeObject, field: string, source: Source): void {
  const texts = object.metadata[field]
  if (texts !== undefined && texts !== null && !isFields(texts)) {
    throw invalidManifest(source, `metadata.${field} of ${describeRef(refOf(object))} is no map`)
  }
  for (const [key, value] of Object.entries(fieldsOf(texts))) {
    if (typeof value === 'string') continue
    throw invalidManifest(source, `metadata.${field} ${JSON.stringify(key)} is ${shown(value)} and must be text`, {
      remedy: 'Put the value in quotes.',
    })
  }
}

function shown(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  return isFields(value) && !Object.isFrozen(value) ? 'a map' : `the ${typeof value} ${JSON.stringify(value)}`
}
