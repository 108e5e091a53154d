import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { FileContent, PullRequest, Repository } from '../../../lab/github/index.ts'
import { openScenario, type Scenario, type Step, type StepOptions } from '../../../lab/scenario/index.ts'

const ACTION = resolve(fileURLToPath(import.meta.url), '../..')

type Files = Record<string, FileContent>

const calls = (sources: readonly string[]) =>
  sources.map((source, index) => `module "m${index}" {\n  source = "${source}"\n}\n`).join('')
const root = (...sources: string[]) => `terraform {\n  backend "s3" {}\n}\n${calls(sources)}`
const module = (...sources: string[]) => `variable "size" {}\n${calls(sources)}`

/** `envs/01` to `envs/30`, or a part of them. */
const envs = (from: number, to = from) =>
  Array.from({ length: to - from + 1 }, (_, index) => `envs/${String(from + index).padStart(2, '0')}`)
const rootsOn = (folders: readonly string[], ...sources: string[]): Files =>
  Object.fromEntries(folders.map((folder) => [`${folder}/main.tf`, root(...sources)]))

/** 30 roots: over three levels of modules, over two that call each other, by links, by a named file, and alone. */
const FILES: Files = {
  ...rootsOn(envs(1, 8), '../../modules/app'),
  ...rootsOn(envs(9, 12), '../../modules/net'),
  ...rootsOn(envs(13, 16), '../../modules/loop-a'),
  ...rootsOn(envs(17, 18), './shared'),
  ...rootsOn(envs(19, 30)),
  'modules/app/main.tf': module('../net'),
  'modules/net/main.tf': module('../base'),
  'modules/base/main.tf': module(),
  'modules/loop-a/main.tf': module('../loop-b'),
  'modules/loop-b/main.tf': module('../loop-a'),
  'envs/17/shared': { symlink: '../../shared/lib' },
  'envs/18/shared': { symlink: '../../shared/lib' },
  'shared/lib/main.tf': module(),
  'envs/19/providers.tf': { symlink: '../../common/providers.tf' },
  'common/providers.tf': 'provider "random" {}\n',
  'envs/20/data.tf': 'locals {\n  data = file("${path.module}/../../data/20.json")\n}\n',
  'data/20.json': '{}\n',
  'envs/21/.terraform-version': '1.11.4\n',
  '.terraform-version': '1.11.3\n',
  'examples/net/main.tf': `provider "random" {}\n${calls(['../../modules/net'])}`,
  'docs/read.md': 'text\n',
}

let scenario: Scenario
const open = async (files: Files = FILES) => {
  scenario = await openScenario({ action: ACTION, files, inputs: () => ({ mode: 'discover' }) })
}
const close = async () => {
  expect(scenario.github.violations).toEqual([])
  await scenario.close()
}

let branches = 0
/** On a branch of its own, for a scenario may see many. */
const propose = (files: Files, more: { fork?: Repository; author?: string } = {}) =>
  scenario.propose(files, { branch: `change-${++branches}`, ...more })

interface Entry {
  name: string
  directory: string
  workspace: string
}

const matrixOf = (step: Step) => JSON.parse(step.outputs['matrix'] ?? 'unset') as Entry[]
const namesIn = (step: Step) => matrixOf(step).map(({ name }) => name)
const entries = (names: readonly string[]) => names.map((name) => ({ name, directory: name, workspace: '' }))
const warnings = (step: Step) =>
  step.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)

/** Names of the neutral checks on a commit; there are no others. */
const neutral = (sha: string) =>
  scenario.repository.checkRuns
    .filter(({ headSha }) => headSha === sha)
    .map((check) => {
      expect(check).toMatchObject({ status: 'completed', conclusion: 'neutral' })
      return check.name.replace(/^ondol \/ /, '')
    })
    .sort()

const without = (all: readonly string[], some: readonly string[]) => all.filter((name) => !some.includes(name))
const ALL = envs(1, 30)

/** A matrix's roots, the others having neutral checks on the head of the pull request. */
async function expectConcerned(
  pullRequest: PullRequest,
  names: readonly string[],
  options?: StepOptions,
): Promise<Step> {
  const step = await scenario.pullRequestRun(pullRequest, options)
  expect(step).toMatchObject({ conclusion: 'success', reason: '' })
  expect(matrixOf(step)).toEqual(entries(names))
  expect(neutral(pullRequest.headSha)).toEqual(without(ALL, names))
  return step
}

describe('thirty roots on a pull request', () => {
  beforeAll(() => open())
  afterAll(close)

  test('a module of the third level concerns exactly those above it, without Terraform, Git or many requests', async () => {
    const pullRequest = propose({ 'modules/base/main.tf': `${module()}# more\n`, 'docs/read.md': 'other\n' })
    const step = await expectConcerned(pullRequest, envs(1, 12), { env: { PATH: '/nonexistent' } })
    // Two trees with their commits, the merge commit, and the checks: what files hold is read from the checkout.
    const asked = (part: string) => scenario.github.requests.filter(({ path }) => path.includes(part)).length
    expect([asked('/check-runs'), asked('/git/blobs/'), asked('/')]).toEqual([18, 0, 18 + 5])
    expect(scenario.repository.checkRuns[0]).toMatchObject({
      name: 'ondol / envs/13',
      output: { title: 'Not touched by this pull request' },
    })
    expect(step.summary).toContain('12 of 30 roots are concerned.')
    expect(step.summary).toContain(
      '<code>modules/base/main.tf</code>, of the module <code>modules/base</code> that <code>modules/net/main.tf</code> calls',
    )
    expect(warnings(step)).toEqual([])
  })

  test.each<[string, Files, string[]]>([
    ['a module in a circle', { 'modules/loop-b/new.tf': '# new\n' }, envs(13, 16)],
    ['a file of a linked module', { 'shared/lib/policy.json': '{}\n' }, envs(17, 18)],
    ['a link that is turned', { 'envs/17/shared': { symlink: '../../modules/base' } }, envs(17)],
    ['the target of a linked file', { 'common/providers.tf': 'provider "random" {\n}\n' }, envs(19)],
    ['a file that is named', { 'data/20.json': '[]\n' }, envs(20)],
    ['a file that is named and deleted', { 'data/20.json': null }, envs(20)],
    ['the version, but not of the root with its own', { '.terraform-version': '1.11.5\n' }, without(ALL, envs(21))],
    ['a deleted module', { 'modules/loop-a/main.tf': null }, envs(13, 16)],
    ['nothing of Terraform', { 'docs/read.md': 'other\n', 'examples/net/main.tf': calls(['../../modules/net']) }, []],
  ])('%s', async (_, files, names) => {
    await expectConcerned(propose(files), names)
  })

  test('a deleted root isn’t in the matrix; it is told, and its check is neutral', async () => {
    const pullRequest = propose({ 'envs/30/main.tf': null, 'envs/29/more.tf': '# more\n' })
    const step = await scenario.pullRequestRun(pullRequest)
    expect(matrixOf(step)).toEqual(entries(envs(29)))
    expect(neutral(pullRequest.headSha)).toEqual(without(ALL, envs(29)))
    const titles = scenario.repository.checkRuns
      .filter(({ name, headSha }) => name === 'ondol / envs/30' && headSha === pullRequest.headSha)
      .map(({ output }) => output.title)
    expect(titles).toEqual(['Deleted by this pull request'])
    expect(warnings(step)).toEqual([
      expect.stringMatching(/^The root is gone: envs\/30\. .*stays in its state.*Destroy it first/),
    ])
    expect(step.summary).toContain('The root is gone: <code>envs/30</code>.')
  })

  test('a moved root is in the matrix by its new folder, and gone by the old one', async () => {
    const pullRequest = propose({ 'envs/30/main.tf': null, 'live/30/main.tf': root() })
    const step = await scenario.pullRequestRun(pullRequest)
    expect(matrixOf(step)).toEqual(entries(['live/30']))
    expect(warnings(step)).toEqual([expect.stringContaining('The root is gone: envs/30.')])
    expect(neutral(pullRequest.headSha)).toEqual(ALL)
  })

  test.each<[string, StepOptions]>([
    ['another commit', { checkout: 'refs/heads/main' }],
    ['nothing', { prepare: (workspace) => rmSync(join(workspace, 'envs'), { recursive: true }) }],
  ])('the answer is the same with %s checked out', async (_, options) => {
    const files = { 'modules/new/main.tf': module(), 'envs/24/main.tf': root('../../modules/new') }
    await expectConcerned(propose(files), envs(24), options)
  })

  test('a fork’s token may not write checks, which is told in one line', async () => {
    const fork = scenario.repository.fork({ owner: 'outsider' })
    const pullRequest = propose({ 'modules/net/main.tf': module() }, { fork, author: 'outsider' })
    const before = scenario.github.requests.length
    const step = await scenario.pullRequestRun(pullRequest, { runAs: { fork: true } })
    expect(step).toMatchObject({ conclusion: 'success', annotations: [] })
    expect(matrixOf(step)).toEqual(entries(envs(1, 12)))
    expect(step.log.filter((line) => line.includes('checks: write'))).toHaveLength(1)
    expect(neutral(pullRequest.headSha)).toEqual([])
    expect(scenario.github.requests.slice(before).filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test('folders are relative to the workspace, names to the repository', async () => {
    const pullRequest = propose({ 'envs/01/x.tf': '# x\n' })
    const step = await scenario.pullRequestRun(pullRequest, {
      inputs: { 'working-directory': 'repo' },
      prepare: into('repo'),
    })
    expect(step.outputs['matrix']).toBe('[{"name":"envs/01","directory":"repo/envs/01","workspace":""}]')
  })
})

/** As actions/checkout with its input `path` leaves it. */
const into = (folder: string) => (workspace: string) => {
  renameSync(workspace, `${workspace}-checkout`)
  mkdirSync(workspace)
  renameSync(`${workspace}-checkout`, join(workspace, folder))
}

describe('other events', () => {
  beforeEach(() => open())
  afterEach(close)

  const main = () => scenario.repository.tip('main')
  const run = (event: string, payload: unknown, { sha = main(), ref = 'refs/heads/main' } = {}) =>
    scenario.step({
      event,
      payload,
      sha,
      ref,
      run: scenario.repository.run({ event, headSha: sha, actor: 'maintainer' }),
      checkout: sha,
    })
  const pushed = (branch: string, before: string | null, after: string, change: object = {}) => {
    const payload = scenario.repository.eventPayload('push', { branch, before, after, sender: 'author' })
    return run('push', { ...payload, ...change }, { sha: after, ref: `refs/heads/${branch}` })
  }

  test('what the base branch got in the meantime doesn’t count, but is heeded', async () => {
    const pullRequest = scenario.propose({ 'modules/loop-b/new.tf': '# new\n' })
    const files = { 'envs/25/main.tf': root('../../modules/loop-b'), 'envs/26/more.tf': '# more\n' }
    scenario.repository.push({ branch: 'main', files, by: 'maintainer' })
    expect(namesIn(await scenario.pullRequestRun(pullRequest))).toEqual([...envs(13, 16), ...envs(25)])
  })

  test('a push of a merge: what the merge brought, and no checks', async () => {
    const pullRequest = scenario.propose({ 'modules/loop-a/new.tf': '# new\n' })
    scenario.repository.push({ branch: 'main', files: { 'envs/22/more.tf': '# more\n' }, by: 'maintainer' })
    expect(matrixOf(await scenario.mergeRun(pullRequest))).toEqual(entries(envs(13, 16)))
    expect(scenario.repository.checkRuns).toEqual([])
  })

  test('a new branch, and one that is pushed by force: what it has that the default branch hasn’t', async () => {
    const first = scenario.repository.push({ branch: 'work', files: { 'envs/22/more.tf': '# more\n' }, by: 'author' })
    scenario.repository.push({ branch: 'main', files: { 'envs/23/more.tf': '# more\n' }, by: 'maintainer' })
    expect(namesIn(await pushed('work', null, first))).toEqual(envs(22))
    const second = scenario.repository.push({ branch: 'work', files: { 'envs/24/more.tf': '# more\n' }, by: 'author' })
    expect(namesIn(await pushed('work', first, second))).toEqual(envs(24))
    const forced = scenario.repository.push({
      branch: 'work',
      files: { 'envs/25/more.tf': '# more\n' },
      by: 'author',
      from: main(),
      force: true,
    })
    expect(namesIn(await pushed('work', second, forced))).toEqual(envs(25))
  })

  test('the default branch set back by force: what was taken from it, too', async () => {
    const start = main()
    const bad = scenario.repository.push({ branch: 'main', files: { 'envs/22/more.tf': '# more\n' }, by: 'maintainer' })
    const good = scenario.repository.push({
      branch: 'main',
      files: { 'envs/23/more.tf': '# more\n' },
      by: 'maintainer',
      from: start,
      force: true,
    })
    expect(namesIn(await pushed('main', bad, good))).toEqual(envs(22, 23))
  })

  test('a push that follows on nothing that is known concerns all, one that deletes a branch nothing', async () => {
    const after = main()
    expect(namesIn(await pushed('main', null, after))).toEqual(ALL)
    expect(namesIn(await pushed('main', null, after, { before: 'a'.repeat(40) }))).toEqual(ALL)
    const tag = scenario.repository.eventPayload('push', { before: null, after, sender: 'author' })
    expect(namesIn(await run('push', tag, { ref: 'refs/tags/v1' }))).toEqual(ALL)
    expect((await run('push', { ...tag, deleted: true })).outputs['matrix']).toBe('[]')
  })

  test('a merge group: its own changes, with the checks on its commit', async () => {
    const pullRequest = scenario.propose({ 'modules/net/main.tf': module() })
    const payload = scenario.repository.eventPayload('merge_group', { pullRequest })
    const step = await run('merge_group', payload, {
      sha: pullRequest.mergeSha,
      ref: 'refs/heads/gh-readonly-queue/main/pr-1',
    })
    // It no longer calls modules/base, but its own file changed.
    expect(matrixOf(step)).toEqual(entries(envs(1, 12)))
    expect(neutral(pullRequest.mergeSha)).toEqual(envs(13, 30))
    expect(neutral(pullRequest.headSha)).toEqual([])
  })

  test.each(['schedule', 'workflow_dispatch'] as const)('%s: all roots', async (event) => {
    const payload = scenario.repository.eventPayload(event, { sender: 'maintainer' })
    const step = await run(event, payload)
    expect(matrixOf(step)).toEqual(entries(ALL))
    expect(scenario.repository.checkRuns).toEqual([])
  })

  test.each(['pull_request_target', 'pull_request_review', 'workflow_run', 'release'])(
    '%s is refused',
    async (event) => {
      expect(await run(event, {})).toMatchObject({ conclusion: 'failure', reason: 'unsupported-event' })
    },
  )

  describe('a comment', () => {
    const change = { 'modules/loop-a/new.tf': '# new\n' }
    // A comment's run checks out the default branch, unless it is told otherwise.
    const onMain = { checkout: 'refs/heads/main' }

    test('concerns what the pull request does, or the root that it names', async () => {
      const pullRequest = scenario.propose(change)
      const comment = async (body: string) => matrixOf(await scenario.commentRun(pullRequest, 'reviewer', body, onMain))
      expect(await comment('/plan')).toEqual(entries(envs(13, 16)))
      expect(await comment('/apply')).toEqual(entries(envs(13, 16)))
      expect(await comment('/apply envs/14 0123456789ab')).toEqual(entries(envs(14)))
      expect(await comment('/plan envs/30')).toEqual(entries(envs(30)))
      expect(scenario.repository.checkRuns).toEqual([])
    })

    test('that is no command sets an empty matrix, and one with an unknown name says so', async () => {
      const pullRequest = scenario.propose(change)
      const quiet = await scenario.commentRun(pullRequest, 'reviewer', 'looks good', onMain)
      expect(quiet).toMatchObject({ conclusion: 'success', outputs: { matrix: '[]' }, annotations: [], summary: '' })
      const unknown = await scenario.commentRun(pullRequest, 'reviewer', '/plan envs/31', onMain)
      expect(unknown).toMatchObject({ conclusion: 'success', outputs: { matrix: '[]' } })
      expect(warnings(unknown)).toEqual([
        expect.stringMatching(/^No root has the name "envs\/31"; there are envs\/01, /),
      ])
    })

    test('on a new root finds it in the pull request', async () => {
      const pullRequest = scenario.propose({ 'envs/31/main.tf': root() })
      expect(namesIn(await scenario.commentRun(pullRequest, 'reviewer', '/plan envs/31', onMain))).toEqual(['envs/31'])
    })

    test.each(['merge', 'squash', 'rebase'] as const)('after a %s concerns what was merged', async (method) => {
      const pullRequest = scenario.propose(change)
      scenario.repository.push({ branch: 'change', files: { 'envs/22/more.tf': '# more\n' }, by: 'author' })
      scenario.repository.push({ branch: 'main', files: { 'envs/23/more.tf': '# more\n' }, by: 'maintainer' })
      pullRequest.merge({ by: 'maintainer', method })
      scenario.repository.push({ branch: 'main', files: { 'envs/24/more.tf': '# more\n' }, by: 'maintainer' })
      const step = await scenario.commentRun(pullRequest, 'reviewer', '/apply')
      expect(namesIn(step)).toEqual([...envs(13, 16), ...envs(22)])
    })
  })
})

describe('ondol.yml', () => {
  afterEach(close)

  const listed = `roots:
  - directory: app
    workspaces: [blue, green]
    after: [network]
  - directory: net
    name: network
  - directory: old
  - directory: sandbox
ignore: [sandbox]
`
  const files: Files = {
    'ondol.yml': listed,
    'app/main.tf': root('../lib'),
    'net/main.tf': root('../lib'),
    'old/main.tf': root(),
    'sandbox/main.tf': root('../lib'),
    'unlisted/main.tf': root('../lib'),
    'lib/main.tf': module(),
  }
  const run = (change: Files) => scenario.pullRequestRun(scenario.propose(change))

  test('says which roots there are, their workspaces and their order', async () => {
    await open(files)
    const step = await run({ 'lib/main.tf': `${module()}# more\n` })
    expect(matrixOf(step)).toEqual([
      { name: 'network', directory: 'net', workspace: '' },
      { name: 'app-blue', directory: 'app', workspace: 'blue' },
      { name: 'app-green', directory: 'app', workspace: 'green' },
    ])
    expect(scenario.repository.checkRuns.map(({ name }) => name)).toEqual(['ondol / old'])
  })

  test('concerns the roots whose entries change, and tells those that it drops', async () => {
    await open(files)
    const text = listed.replace('green]', 'green, red]').replace('  - directory: old\n', '')
    const step = await run({ 'ondol.yml': text })
    expect(namesIn(step)).toEqual(['app-red'])
    expect(warnings(step)).toEqual([
      expect.stringContaining('The root is no longer among the roots, though its configuration stays: old.'),
    ])
    expect(scenario.repository.checkRuns.map(({ name }) => name).sort()).toEqual([
      'ondol / app-blue',
      'ondol / app-green',
      'ondol / network',
      'ondol / old',
    ])
  })

  test('that only ignores leaves the others to be found', async () => {
    await open({ ...files, 'ondol.yml': 'ignore: [sandbox, old/**]\n' })
    expect(namesIn(await run({ 'lib/main.tf': '# less\n' }))).toEqual(['app', 'net', 'unlisted'])
  })

  test('that can’t be meant fails before any check is written', async () => {
    await open(files)
    const step = await run({ 'ondol.yml': listed.replace('workspaces', 'workspace') })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-input' })
    expect(step.annotations[0]?.message).toBe(
      'ondol.yml line 3: an entry of roots has the key "workspace"; allowed is directory, name, workspaces, after.',
    )
    expect(scenario.repository.checkRuns).toEqual([])
  })

  test('whose root is deleted without its entry is told by the line', async () => {
    await open(files)
    const step = await run({ 'old/main.tf': null })
    expect(step.annotations[0]?.message).toContain('ondol.yml line 7: the directory "old" has no configuration')
  })

  test('without any root there is a warning, and folders that may be meant are named', async () => {
    await open({ 'infra/main.tf': module() })
    const step = await run({ 'infra/main.tf': '# other\n' })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { matrix: '[]' } })
    expect(warnings(step)).toEqual([expect.stringContaining('list them in ondol.yml')])
    expect(step.log.join('\n')).toContain('Not taken for roots, because they have no backend')
  })
})
