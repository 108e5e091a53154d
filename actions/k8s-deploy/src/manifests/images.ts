import { invalidInput } from '../../../../lib/action/errors.ts'
import type { Manifest } from '../kube/manifest.ts'
import { describeRef, groupOf, type KubeObject, refOf } from '../kube/objects.ts'
import { type Path, updateAt, valuesAt } from './fields.ts'
import { invalidManifest } from './invalid.ts'
import { containerLists, containersOf, podTemplatePlaces, podTemplatesOf } from './pod-templates.ts'
import { parseReference, repositoryName } from './references.ts'

/** One line of the input `images`. */
export interface ImageEntry {
  /** The repository with its registry: `docker.io/library/nginx` for `nginx`. */
  name: string
  /** What every image of that repository becomes, as written. */
  reference: string
}

/** Where kinds of others have images outside of pod templates. */
export interface ImageRule {
  group: string
  kind: string
  /** `spec.templates[].container.image` */
  path: string
}

const workflowImages = (kind: string, spec: string): ImageRule[] =>
  ['container', 'script', 'sidecars[]', 'initContainers[]', 'containerSet.containers[]'].map((field) => ({
    group: 'argoproj.io',
    kind,
    path: `${spec}.templates[].${field}.image`,
  }))

export const imageRules: readonly ImageRule[] = [
  ...workflowImages('Workflow', 'spec'),
  ...workflowImages('WorkflowTemplate', 'spec'),
  ...workflowImages('ClusterWorkflowTemplate', 'spec'),
  ...workflowImages('CronWorkflow', 'spec.workflowSpec'),
  { group: 'tekton.dev', kind: 'Task', path: 'spec.steps[].image' },
  { group: 'tekton.dev', kind: 'Task', path: 'spec.sidecars[].image' },
  { group: 'monitoring.coreos.com', kind: 'Prometheus', path: 'spec.image' },
  { group: 'monitoring.coreos.com', kind: 'Alertmanager', path: 'spec.image' },
  { group: 'postgresql.cnpg.io', kind: 'Cluster', path: 'spec.imageName' },
]

/** `name=reference`. Throws `invalid-input`. */
export function parseImageEntry(entry: string): ImageEntry {
  const equals = entry.indexOf('=')
  const name = parseReference(entry.slice(0, Math.max(equals, 0)).trim())
  const reference = entry.slice(equals + 1).trim()
  if (equals < 0 || name === undefined || name.tag !== undefined || name.digest !== undefined) {
    throw wrongEntry(entry, 'before "=" a name without tag and digest is needed')
  }
  if (parseReference(reference) === undefined) throw wrongEntry(entry, 'what follows "=" is no image reference')
  return { name: repositoryName(name), reference }
}

function wrongEntry(entry: string, what: string): Error {
  return invalidInput(
    `The input images has the entry ${JSON.stringify(entry)}: ${what}, such as ghcr.io/acme/shop=ghcr.io/acme/shop:v2.`,
  )
}

const inTemplates: readonly Path[] = [
  ...containerLists.map((list) => ['spec', list, '[]', 'image']),
  // Image volumes, of Kubernetes 1.31 and later.
  ['spec', 'volumes', '[]', 'image', 'reference'],
]

function imagePlaces(object: KubeObject, rules: readonly ImageRule[]): Path[] {
  const templates = podTemplatePlaces(object).flatMap((place) => inTemplates.map((path) => [...place, ...path]))
  const others = rules
    .filter(({ group, kind }) => kind === object.kind && group === groupOf(object))
    .map(({ path }) => path.replaceAll('[]', '.[]').split('.'))
  return [...templates, ...others]
}

/** Every image of the manifests, as written, each once. */
export function imagesOf(manifests: readonly Manifest[], rules = imageRules): string[] {
  const images = manifests.flatMap(({ object }) =>
    imagePlaces(object, rules).flatMap((place) => valuesAt(object, place)),
  )
  return [...new Set(images.filter((image) => typeof image === 'string'))].sort()
}

/**
 * The manifests with every image of an entry's repository replaced, whatever its tag or digest.
 *
 * @throws UserError `invalid-input` for an entry that matches nothing, or two for one name
 * @throws DeployError `invalid-manifest` for an image in which a value is still to be put in place
 */
export function substituteImages(
  manifests: readonly Manifest[],
  entries: readonly ImageEntry[],
  rules = imageRules,
): Manifest[] {
  const references = new Map(entries.map(({ name, reference }) => [name, reference]))
  if (references.size < entries.length)
    throw invalidInput('The input images has two entries of one name; once is allowed.')
  const used = new Set<string>()
  const substitute = (image: unknown): unknown => {
    const parsed = typeof image === 'string' ? parseReference(image) : undefined
    const name = parsed && repositoryName(parsed)
    const reference = name && references.get(name)
    if (name === undefined || reference === undefined) return image
    used.add(name)
    return reference
  }
  const substituted = manifests.map((manifest) => {
    const object = imagePlaces(manifest.object, rules).reduce<KubeObject>(
      (changed, place) => updateAt(changed, place, substitute) as KubeObject,
      manifest.object,
    )
    return object === manifest.object ? manifest : { ...manifest, object }
  })
  const unused = entries.find(({ name }) => !used.has(name))
  if (unused !== undefined) throw matchesNothing(unused, imagesOf(manifests, rules))
  for (const manifest of substituted) refuseUnfilled(manifest)
  return substituted
}

/** Kinds of others may fill such places themselves, as workflows do. */
const OWN_GROUPS: readonly string[] = ['', 'apps', 'batch']

function refuseUnfilled({ object, source }: Manifest): void {
  if (!OWN_GROUPS.includes(groupOf(object))) return
  const images = podTemplatesOf(object).flatMap((template) => containersOf(template).map(({ image }) => image))
  const unfilled = images.find((image) => typeof image === 'string' && /\$[{(\w]|\{\{|<\w/.test(image))
  if (unfilled === undefined) return
  const ref = refOf(object)
  throw invalidManifest(
    source,
    `the image of ${describeRef(ref)} is ${JSON.stringify(unfilled)}: its place isn't filled`,
    {
      remedy:
        'Write a reference without tag there, and set the tag by the input images; or fill it in before this step.',
      object: ref,
    },
  )
}

const MAX_SHOWN = 20

function matchesNothing({ name }: ImageEntry, images: readonly string[]): Error {
  const shown = images.slice(0, MAX_SHOWN).map((image) => JSON.stringify(image))
  const more = images.length > MAX_SHOWN ? ` and ${images.length - MAX_SHOWN} more` : ''
  const there = images.length === 0 ? 'no image at all' : `${shown.join(', ')}${more}`
  return invalidInput(`The input images has an entry for ${name}, which no manifest uses; they have ${there}.`)
}
