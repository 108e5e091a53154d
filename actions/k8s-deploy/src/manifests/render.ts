import { describeError, UserError } from '../../../../lib/action/errors.ts'
import { DeployError } from '../failure.ts'
import type { Manifest, Source } from '../kube/manifest.ts'
import { parseManifests } from './parse.ts'

/** Runs a program with these arguments and gives its standard output; rejects with what it said if it fails. */
export type Run = (args: readonly string[]) => Promise<string>

export interface ChartOptions {
  /** Name of the release. */
  release: string
  namespace: string
  /** Absolute paths. */
  values: readonly string[]
}

/** `kubectl kustomize`. The source of what it gives is the folder: it doesn't tell from which file a document comes. */
export async function renderKustomization(folder: { path: string; name: string }, kubectl: Run): Promise<Manifest[]> {
  const text = await rendered(`The kustomization ${folder.name}`, () => kubectl(['kustomize', folder.path]))
  return parseManifests(text, folder.name).map(({ object, source }) => ({ object, source: { ...source, line: 1 } }))
}

/** `helm template`. The source of a document is its template, by the comment that Helm writes before it. */
export async function renderChart(
  chart: { path: string; name: string },
  { release, namespace, values }: ChartOptions,
  helm: Run,
): Promise<Manifest[]> {
  const render = (): Promise<string> =>
    helm([
      'template',
      release,
      chart.path,
      '--namespace',
      namespace,
      '--include-crds',
      '--no-hooks=false',
      ...values.flatMap((path) => ['--values', path]),
    ])
  const text = await rendered(`The chart ${chart.name}`, render, (said) => templateIn(said, chart.name))
  const templates = templateLines(text)
  return parseManifests(text, chart.name).map(({ object, source }) => {
    const template = templates.findLast(({ line }) => line <= source.line)?.template
    return { object, source: { ...source, line: 1, file: template ? `${chart.name}/${template}` : chart.name } }
  })
}

/** `# Source: shop/templates/web.yaml`: the first part is the chart's name, the rest the path in its folder. */
function templateLines(text: string): { line: number; template: string }[] {
  return text.split('\n').flatMap((line, index) => {
    const [, template] = /^# Source: [^/]+\/(.+?)\r?$/.exec(line) ?? []
    return template === undefined ? [] : [{ line: index + 1, template }]
  })
}

/** Where Helm found the fault: `template: shop/templates/web.yaml:6:25`; what it says of a packed chart has no file here. */
function templateIn(said: string, chart: string): Source | undefined {
  const { path, line } =
    /(?:^|[\s(])[^\s/(]+\/(?<path>(?:templates|charts)\/[^\s:()]+):(?<line>\d+)/.exec(said)?.groups ?? {}
  if (path === undefined || chart.endsWith('.tgz')) return undefined
  return { file: `${chart}/${path}`, document: 1, line: Number(line) }
}

async function rendered(
  what: string,
  render: () => Promise<string>,
  sourceIn: (said: string) => Source | undefined = () => undefined,
): Promise<string> {
  try {
    return await render()
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const said = describeError(cause)
      .replace(/^Error: /, '')
      .replace(/\n+Use --debug flag .*$/s, '')
      .replace(/\s+/g, ' ')
      .trim()
    const source = sourceIn(said)
    const failure = { reason: 'invalid-manifest', message: `${what} can't be rendered: ${said}` } as const
    throw new DeployError({ ...failure, ...(source === undefined ? {} : { source }) }, cause)
  }
}
