import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { refuseDuplicates } from './duplicates.ts'
import { parseManifests } from './parse.ts'
import { type Run, renderChart, renderKustomization } from './render.ts'
import { filesMatching, isManifestFile, type Place, placeAt, refuseLinksOutside } from './workspace.ts'

export interface SourceDeps {
  /** Absolute. Nothing outside of it is read. */
  workspace: string
  /** Name of a chart's release. */
  app: string
  namespace: string
  /** Values files of charts, relative to the workspace. */
  helmValues: readonly string[]
  kubectl: Run
  helm: Run
}

/**
 * The manifests of every entry, in a fixed order: entries as given, files by name, documents as written. A file that two entries
 * name is read once.
 *
 * @param entries relative to the workspace: a file; a glob; a folder (its own .yaml, .yml and .json files, as kubectl does);
 *   a folder with a kustomization; a folder with a Chart.yaml, or a packed chart (.tgz)
 * @throws UserError `invalid-input` for an entry that leads out of the workspace or to nothing
 * @throws DeployError `invalid-manifest` for what can't be read or rendered, or is there twice
 */
export async function loadManifests(entries: readonly string[], deps: SourceDeps): Promise<Manifest[]> {
  const places = new Map(
    entries.flatMap((entry) => placesOf(entry, deps.workspace)).map((place) => [place.path, place]),
  )
  if (deps.helmValues.length > 0 && ![...places.values()].some(({ format }) => format === 'chart')) {
    throw invalidInput('The input helm-values is set, and none of the manifests is a chart.')
  }
  const loaded: Manifest[] = []
  for (const place of places.values()) loaded.push(...(await manifestsAt(place, deps)))
  if (loaded.length === 0) {
    throw new DeployError({
      reason: 'invalid-manifest',
      message: `There is no object in ${entries.map((entry) => JSON.stringify(entry)).join(', ')}.`,
      remedy: 'Files of comments alone hold none.',
    })
  }
  refuseDuplicates(loaded)
  return loaded
}

/** A source that is read or rendered as a whole: a file, a kustomization or a chart. */
interface Whole extends Place {
  format: 'text' | 'kustomization' | 'chart'
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

function placesOf(entry: string, workspace: string): Whole[] {
  const place = placeAt('manifests', entry, workspace)
  const found =
    place === undefined ? filesMatching('manifests', entry, workspace).map(file) : wholesAt(place, workspace)
  if (found.length > 0) return found
  throw invalidInput(
    place === undefined
      ? `The input manifests has the entry ${JSON.stringify(entry)}, and there is no such file.`
      : `The input manifests has the folder ${JSON.stringify(entry)}, which has no .yaml, .yml or .json file of its own; folders in it aren't searched (use ${join(place.name, '**/*.yaml')} for that).`,
  )
}

function wholesAt(place: Place, workspace: string): Whole[] {
  if (place.kind === 'file') return [place.name.endsWith('.tgz') ? { ...place, format: 'chart' } : file(place)]
  if (KUSTOMIZATIONS.some((name) => existsSync(join(place.path, name)))) return [{ ...place, format: 'kustomization' }]
  if (existsSync(join(place.path, 'Chart.yaml'))) return [{ ...place, format: 'chart' }]
  return readdirSync(place.path)
    .filter(isManifestFile)
    .sort()
    .flatMap((name) => placeAt('manifests', join(place.name, name), workspace) ?? [])
    .filter(({ kind }) => kind === 'file')
    .map(file)
}

function file(place: Place): Whole {
  return { ...place, format: 'text' }
}

function manifestsAt(place: Whole, deps: SourceDeps): Promise<Manifest[]> | Manifest[] {
  if (place.format === 'kustomization') return renderKustomization(place, deps.kubectl)
  if (place.format === 'text') return parseManifests(textOf(place), place.name)
  if (place.kind === 'folder') refuseLinksOutside('manifests', place, deps.workspace)
  const { app: release, namespace } = deps
  return renderChart(place, { release, namespace, values: valuesFiles(deps) }, deps.helm)
}

function textOf({ path, name }: Place): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    const message = `${name} can't be read as UTF-8 text.`
    throw new DeployError({ reason: 'invalid-manifest', message, source: { file: name, document: 1, line: 1 } }, cause)
  }
}

function valuesFiles({ helmValues, workspace }: SourceDeps): string[] {
  return helmValues.map((entry) => {
    const place = placeAt('helm-values', entry, workspace)
    if (place?.kind === 'file') return place.path
    throw invalidInput(`The input helm-values has the entry ${JSON.stringify(entry)}, and there is no such file.`)
  })
}
