import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { programPath } from '../../../../lab/cluster/build.ts'
import { findPart } from '../../../../lab/provision/find.ts'
import type { Run } from './render.ts'
import { loadManifests, type SourceDeps } from './sources.ts'

const helmProgram = await findPart('helm')
const execute = promisify(execFile)

let folder: string
let workspace: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-sources-'))
  workspace = join(folder, 'workspace')
  mkdirSync(workspace)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`

function write(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true })
    writeFileSync(join(workspace, name), content)
  }
}

const unused: Run = () => Promise.reject(new Error('nothing is to be rendered'))

async function load(entries: string[], deps: Partial<SourceDeps> = {}): Promise<string[]> {
  const loaded = await loadManifests(entries, {
    workspace,
    app: 'shop',
    namespace: 'live',
    helmValues: [],
    kubectl: unused,
    helm: unused,
    ...deps,
  })
  return loaded.map(({ object, source }) => `${object.metadata.name} ${source.file}:${source.line}`)
}

describe('files', () => {
  beforeEach(() => {
    write({
      'k8s/b.yaml': `${configMap('b')}---\n${configMap('b2')}`,
      'k8s/a.yml': configMap('a'),
      'k8s/c.json': '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}',
      'k8s/README.md': '# no manifest',
      'k8s/deep/d.yaml': configMap('d'),
      'k8s/deep/node_modules/e.yaml': configMap('e'),
      'odd.txt': configMap('odd'),
    })
  })

  test.each([
    ['a file', ['k8s/b.yaml'], ['b k8s/b.yaml:1', 'b2 k8s/b.yaml:5']],
    ['a file of any name', ['./odd.txt'], ['odd odd.txt:1']],
    ['a folder, not those in it', ['k8s/'], ['a k8s/a.yml:1', 'b k8s/b.yaml:1', 'b2 k8s/b.yaml:5', 'c k8s/c.json:1']],
    ['a glob', ['k8s/**/*.yaml'], ['b k8s/b.yaml:1', 'b2 k8s/b.yaml:5', 'd k8s/deep/d.yaml:1']],
    [
      'a glob that matches others, too',
      ['k8s/*'],
      ['a k8s/a.yml:1', 'b k8s/b.yaml:1', 'b2 k8s/b.yaml:5', 'c k8s/c.json:1'],
    ],
    ['a file that is named twice', ['k8s/deep', 'k8s/**/d.yaml', 'k8s/../k8s/deep/d.yaml'], ['d k8s/deep/d.yaml:1']],
  ])('%s', async (_, entries, loaded) => {
    expect(await load(entries)).toEqual(loaded)
  })

  test.each([
    ['nothing', ['k8s/no.yaml'], 'The input manifests has the entry "k8s/no.yaml", and there is no such file.'],
    [
      'a glob of nothing',
      ['k8s/*.yamll'],
      'The input manifests has the entry "k8s/*.yamll", and there is no such file.',
    ],
    ['one entry of several', ['k8s', 'no/'], 'The input manifests has the entry "no/", and there is no such file.'],
    ['a path that leads out', ['../outside.yaml'], 'leads out of the workspace'],
    ['a glob that may lead out', ['**/a/../../*.yaml'], '".." isn\'t allowed'],
    ['an absolute path', [tmpdir()], 'leads out of the workspace'],
  ])('%s is refused', async (_, entries, message) => {
    writeFileSync(join(folder, 'outside.yaml'), configMap('outside'))

    await expect(load(entries)).rejects.toThrow(message)
  })

  test.each([
    ['a file', 'link.yaml', 'outside.yaml', 'link.yaml'],
    ['a folder', 'link', 'outside', 'link/in.yaml'],
    ['a folder as entry', 'link', 'outside', 'link'],
    ['a file by a glob', 'k8s/link.yaml', 'outside.yaml', 'k8s/*.yaml'],
    ['a file in a folder', 'k8s/link.yaml', 'outside.yaml', 'k8s'],
  ])('a link to %s outside is refused', async (_, link, target, entry) => {
    mkdirSync(join(folder, 'outside'))
    writeFileSync(join(folder, 'outside.yaml'), configMap('outside'))
    writeFileSync(join(folder, 'outside/in.yaml'), configMap('outside'))
    symlinkSync(join(folder, target), join(workspace, link))

    await expect(load([entry])).rejects.toThrow('leads out of the workspace')
  })

  test.each([
    ['to a folder', 'chart/files', 'outside'],
    ['to a file', 'chart/secret.txt', 'outside.yaml'],
    ['in a folder that a link leads to', 'k8s/deep/files', 'outside'],
  ])('nor does Helm get a chart with a link %s outside', async (_, link, target) => {
    write({ 'chart/Chart.yaml': 'name: chart\n' })
    mkdirSync(join(folder, 'outside'))
    writeFileSync(join(folder, 'outside.yaml'), configMap('outside'))
    symlinkSync(join(folder, target), join(workspace, link))
    symlinkSync('../k8s/deep', join(workspace, 'chart/deep'))

    await expect(load(['chart'])).rejects.toThrow('leads out of the workspace')
  })

  test('a link inside is followed', async () => {
    symlinkSync('odd.txt', join(workspace, 'link.yaml'))

    expect(await load(['link.yaml'])).toEqual(['odd link.yaml:1'])
  })

  test('files without an object are an error', async () => {
    write({ 'empty/a.yaml': '# nothing yet\n', 'bare/README.md': '' })

    await expect(load(['empty'])).rejects.toThrow('There is no object in "empty".')
    await expect(load(['bare'])).rejects.toThrow('has no .yaml, .yml or .json file of its own')
  })

  test('one object in two files is an error that names both', async () => {
    write({ 'k8s/z.yaml': configMap('a') })

    await expect(load(['k8s'])).rejects.toThrow(
      'k8s/z.yaml, document 1 (line 1): ConfigMap `a` is there a second time; the first is in k8s/a.yml, document 1 (line 1).',
    )
  })

  test('bytes that are no text are an error', async () => {
    write({ 'k8s/binary.yaml': Buffer.from([0x61, 0xff, 0xfe]) })

    await expect(load(['k8s/binary.yaml'])).rejects.toThrow("k8s/binary.yaml can't be read as UTF-8 text.")
  })
})

describe('a kustomization', () => {
  const kubectl: Run = async (args) => (await execute(programPath('kubectl'), [...args])).stdout
  const testKubectl = existsSync(programPath('kubectl')) ? test : test.skip

  testKubectl.each(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])('%s is rendered', async (name) => {
    write({
      'base/web.yaml': `${configMap('web')}data: {mode: 0644}\n`,
      [`live/${name}`]: 'resources: [../base/web]\nnamePrefix: live-\n',
    })
    write({ 'base/web/kustomization.yaml': 'resources: [web.yaml]', 'base/web/web.yaml': configMap('web') })

    expect(await load(['live'], { kubectl })).toEqual(['live-web live:1'])
  })

  testKubectl("that can't be rendered is told with kubectl's words", async () => {
    write({ 'live/kustomization.yaml': 'resources: [missing.yaml]\n' })

    await expect(load(['live'], { kubectl })).rejects.toThrow(
      /^The kustomization live can't be rendered: .*missing\.yaml/s,
    )
  })

  test('named as a file, it is told to name the folder', async () => {
    write({ 'live/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' })

    await expect(load(['live/*.yaml'])).rejects.toMatchObject({ remedy: expect.stringContaining('Name its folder') })
  })
})

describe('a chart', () => {
  const output = `---\n# Source: shop/crds/a.yaml\n${configMap('crd')}---\n# Source: shop/templates/web.yaml\n${configMap('web')}---\n${configMap('same-file')}---\n# Source: shop/charts/db/templates/db.yaml\n${configMap('db')}`

  test('is rendered with its values, and each document has its template', async () => {
    write({ 'chart/Chart.yaml': 'name: shop', 'values/live.yaml': '' })
    const calls: (readonly string[])[] = []
    const helm: Run = (args) => {
      calls.push(args)
      return Promise.resolve(output)
    }

    expect(await load(['chart'], { helm, helmValues: ['values/live.yaml'] })).toEqual([
      'crd chart/crds/a.yaml:1',
      'web chart/templates/web.yaml:1',
      'same-file chart/templates/web.yaml:1',
      'db chart/charts/db/templates/db.yaml:1',
    ])
    const values = join(workspace, 'values/live.yaml')
    expect(calls).toEqual([
      [
        'template',
        'shop',
        join(workspace, 'chart'),
        '--namespace',
        'live',
        '--include-crds',
        '--no-hooks=false',
        '--values',
        values,
      ],
    ])
  })

  const testHelm = helmProgram === undefined ? test.skip : test
  testHelm('real Helm gives definitions, hooks and the places of templates', async () => {
    write({
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'chart/crds/a.yaml': configMap('crd'),
      'chart/templates/web.yaml': `${configMap('{{ .Release.Name }}-{{ .Values.part }}')}---\n${configMap('{{ .Release.Namespace }}')}`,
      'chart/templates/hook.yaml': configMap('hook, annotations: {helm.sh/hook: pre-install}'),
      'chart/templates/NOTES.txt': 'Enjoy.',
      'live.yaml': 'part: web',
    })
    const helm: Run = async (args) => (await execute(helmProgram ?? '', [...args])).stdout

    expect((await load(['chart'], { helm, helmValues: ['live.yaml'] })).sort()).toEqual([
      'crd chart/crds/a.yaml:1',
      'hook chart/templates/hook.yaml:1',
      'live chart/templates/web.yaml:1',
      'shop-web chart/templates/web.yaml:1',
    ])
    await expect(load(['chart'], { helm, app: 'NO' })).rejects.toThrow(
      /^The chart chart can't be rendered: .*invalid release name/s,
    )
  })

  test('that is broken names the line of its template', async () => {
    write({ 'chart/Chart.yaml': 'name: shop' })
    const said = `Error: template: shop/templates/web.yaml:6:25: executing "shop/templates/web.yaml" at <.Values.a.b>:\n    nil pointer\n\nUse --debug flag to render out invalid YAML\n`
    const helm: Run = () => Promise.reject(new Error(said))

    await expect(load(['chart'], { helm })).rejects.toMatchObject({
      message: expect.stringMatching(/^The chart chart can't be rendered: template: [^\n]* nil pointer\.$/),
      failure: { source: { file: 'chart/templates/web.yaml', line: 6 } },
    })
    await expect(load(['chart'], { helm: () => Promise.reject(new Error('no such release')) })).rejects.toMatchObject({
      failure: expect.not.objectContaining({ source: expect.anything() }),
    })
  })

  test('has its values named in another input', async () => {
    write({ 'k8s/values.production.yaml': 'replicas: 2' })

    await expect(load(['k8s'])).rejects.toMatchObject({
      remedy: expect.stringMatching(/^Is this a values file\? Name it in the input helm-values/),
    })
  })

  test('can be packed', async () => {
    write({ 'shop-1.0.0.tgz': 'packed' })

    expect(await load(['shop-1.0.0.tgz'], { helm: () => Promise.resolve(output) })).toContain(
      'web shop-1.0.0.tgz/templates/web.yaml:1',
    )
  })

  test('a values file that is missing or outside is refused', async () => {
    write({ 'chart/Chart.yaml': 'name: shop' })

    await expect(load(['chart'], { helmValues: ['no.yaml'] })).rejects.toThrow(
      'The input helm-values has the entry "no.yaml"',
    )
    write({ 'plain/a.yaml': configMap('a') })
    await expect(load(['plain'], { helmValues: ['no.yaml'] })).rejects.toThrow('none of the manifests is a chart')
    await expect(load(['chart'], { helmValues: ['../no.yaml'] })).rejects.toThrow('leads out of the workspace')
  })
})
