import { chmodSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { requireCluster } from '../../../lab/cluster/require-cluster.ts'
import type { PullRequest } from '../../../lab/github/index.ts'
import type { KubeObject } from '../src/kube/objects.ts'
import { type Account, grant, kubeconfigFor, type Rule } from './support/access.ts'
import { runKubectl } from './support/kubectl.ts'
import { openScene, type Scene, type Step, type StepOptions } from './support/scene.ts'
import { config, files, service, web } from './support/shop.ts'

const describeCluster = await requireCluster()

const OLD = 'value of the old password'
const NEW = 'value of the new password'
const SAME = 'value that stays the same'

function secret(values: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'passwords' }, stringData: values }
}

const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: {
    minReplicas: 2,
    maxReplicas: 4,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  },
}
const leftover = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'leftover' }, data: { a: 'b' } }

const DEPLOYED = [config('one'), secret({ changed: OLD, same: SAME }), service(), web(), autoscaler, leftover]
const PROPOSED = [config('two'), secret({ changed: NEW, same: SAME }), service(), web({ replicas: 7 }), autoscaler]

describeCluster('a pull request', () => {
  let scene: Scene
  let reviewer: Account
  let branches = 0
  beforeAll(async () => {
    scene = await openScene(files(...DEPLOYED), { soak: '0s', prune: 'true' })
    reviewer = await grant(scene, 'reviewer.yaml')
    expect(await scene.deploy()).toMatchObject({ conclusion: 'success' })
    await scene.eventually(async () => {
      expect((await scene.object('deployment', 'web'))?.['spec']).toMatchObject({ replicas: 2 })
      await expect(asReviewer('create', 'configmap', 'probe')).rejects.toThrow('this account may only dry-run')
    })
  }, 120_000)
  afterAll(async () => {
    await reviewer.remove()
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  async function asReviewer(...args: string[]): Promise<string> {
    const file = await scene.file('reviewer.kubeconfig', reviewer.kubeconfig)
    return runKubectl(file, ['--namespace', scene.namespace, ...args])
  }

  function propose(objects: object[], raw: Record<string, string> = {}): PullRequest {
    const changed = Object.entries({ ...files(...objects), ...raw }).map(([name, text]) => [`k8s/${name}`, text])
    return scene.propose(Object.fromEntries(changed), { branch: `change-${branches++}` })
  }

  function diff(pullRequest: PullRequest, { inputs, ...options }: StepOptions = {}): Promise<Step> {
    const access = { 'kubeconfig-path': '', kubeconfig: reviewer.kubeconfig }
    return scene.pullRequestRun(pullRequest, { ...options, inputs: { ...access, ...inputs } })
  }

  /** Every object of the namespace and its version, but for those that live by themselves. */
  async function versions(): Promise<Record<string, string | undefined>> {
    const kinds = 'configmaps,secrets,services,serviceaccounts,deployments,leases,events,jobs,statefulsets'
    const { items } = JSON.parse(await scene.kubectl('get', kinds, '--output=json')) as { items: KubeObject[] }
    const kept = items.filter(({ kind }) => kind !== 'Event' && kind !== 'Deployment')
    const workloads = Object.entries(await scene.world()).filter(([name]) => name.startsWith('Deployment/'))
    return Object.fromEntries([
      ...kept.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]),
      ...workloads.map(([name, object]) => [name, JSON.stringify(object)]),
    ])
  }

  test('gets a comment that shows each change, and nothing is written', async () => {
    const before = await versions()
    const pullRequest = propose(PROPOSED)
    const step = await diff(pullRequest, { inputs: { 'diff-path': 'k8s.diff' } })
    expect(step).toMatchObject({ conclusion: 'success', annotations: [], outputs: { changed: 'true' } })
    expect(await versions()).toEqual(before)

    const [comment, ...others] = pullRequest.comments()
    const body = comment?.body ?? ''
    expect(others).toEqual([])
    expect(body).toContain('-    one\n+    two\n')
    expect(step.outputs).toMatchObject({ result: '', 'comment-url': expect.stringContaining('#issuecomment-') })
    const shown = [body, step.summary, ...step.log, readFileSync(step.outputs['diff-path'] ?? '', 'utf8')].join('\n')
    for (const value of [OLD, NEW, SAME]) {
      expect(shown).not.toContain(value)
      expect(shown).not.toContain(Buffer.from(value).toString('base64'))
    }
    expect(body).not.toContain('replicas')

    scene.repository.push({ branch: pullRequest.headBranch, files: { 'k8s/more.yaml': '' }, by: 'author' })
    const again = await diff(pullRequest)
    expect(again).toMatchObject({ conclusion: 'success' })
    expect(pullRequest.comments()).toHaveLength(1)
    expect(again.outputs['comment-url']).toBe(step.outputs['comment-url'])
    const digests = (text: string) => text.match(/\(digest \w+\)/g)
    expect(digests(pullRequest.comments()[0]?.body ?? '')).toEqual(digests(body))
  }, 60_000)

  test('has values that look like Markdown, HTML, mentions and workflow commands as values', async () => {
    const data = Object.fromEntries(HOSTILE.map((value, index) => [`k${index}`, value]))
    const hostile = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hostile' }, data }
    const pullRequest = propose([...DEPLOYED, hostile])
    const step = await diff(pullRequest)
    expect(step).toMatchObject({ conclusion: 'success', annotations: [], outputs: { changed: 'true' } })
    const body = pullRequest.comments()[0]?.body ?? ''
    const outside = body.replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '')
    expect(outside).not.toMatch(/<(img|script)|\]\(javascript|!\[|(^|[^\w/])@maintainer/m)
    expect(outside.match(/<details/g)?.length).toBe(outside.match(/<\/details>/g)?.length)
    expect(body).toContain('@maintainer closes #1')
  }, 60_000)

  test('whose manifest is wrong fails at its line, and its comment says so', async () => {
    const bad = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: bad\nspec:\n  ports: [{port: many}]\n'
    const pullRequest = propose(PROPOSED, { 'bad.yaml': `\n\n${bad}` })
    const step = await diff(pullRequest)
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-manifest' })
    expect(step.annotations).toEqual([
      expect.objectContaining({ level: 'error', file: 'k8s/bad.yaml', line: 3 }),
      // Once is enough.
      expect.objectContaining({ message: 'This deployment would fail; the error at k8s/bad.yaml:3 says why.' }),
    ])
    const body = pullRequest.comments()[0]?.body
    expect(body).toContain('This deployment would fail')
    expect(body).toContain('k8s/bad.yaml:3')
  }, 60_000)

  test('with YAML that is none fails at its line, and its comment says so', async () => {
    const pullRequest = propose(PROPOSED, { 'bad.yaml': 'apiVersion: v1\nkind: [Service\n' })
    const step = await diff(pullRequest)
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-manifest' })
    expect(step.annotations).toContainEqual(expect.objectContaining({ level: 'error', file: 'k8s/bad.yaml' }))
    expect(pullRequest.comments()[0]?.body).toContain('This deployment would fail')
  }, 60_000)

  test('of a fork gets no secrets, and is told why there is no diff', async () => {
    const fork = scene.repository.fork({ owner: 'outsider' })
    const pullRequest = scene.propose({ 'k8s/x.yaml': '' }, { fork, author: 'outsider', branch: 'foreign' })
    const step = await diff(pullRequest, { runAs: { fork: true }, inputs: { kubeconfig: '' } })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-input' })
    expect(step.annotations[0]?.message).toMatch(/pull request of a fork/)
  }, 60_000)

  test('has as many comments as the input comment says', async () => {
    const pullRequest = propose(PROPOSED)
    const silent = await diff(pullRequest, { inputs: { comment: 'off' } })
    expect(silent).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
    expect(pullRequest.comments()).toEqual([])
    await diff(pullRequest, { inputs: { comment: 'new' } })
    await diff(pullRequest, { inputs: { comment: 'new' } })
    expect(pullRequest.comments()).toHaveLength(2)
  }, 60_000)

  test('whose token may not comment has the diff in the summary, and a warning', async () => {
    const pullRequest = propose(PROPOSED)
    const step = await diff(pullRequest, { runAs: { permissions: { contents: 'read' } } })
    expect(step).toMatchObject({ conclusion: 'success' })
    expect(step.annotations).toEqual([
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('pull-requests: write') }),
    ])
    expect(step.summary).toContain('-    one')
    expect(pullRequest.comments()).toEqual([])
  }, 60_000)

  test('with a huge diff is split, or shortened with a word on where the rest is', async () => {
    const text = (lines: number) => Array.from({ length: lines }, (_, line) => `line ${line} of a long text\n`).join('')
    const maps = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `large-${index}` },
        data: { text: text(450) },
      }))
    const pullRequest = propose([...DEPLOYED, ...maps(12)])
    expect(await diff(pullRequest)).toMatchObject({ conclusion: 'success' })
    const split = pullRequest.comments().map(({ body }) => body)
    expect(split.length).toBeGreaterThan(1)
    expect(split.join('')).toContain('large-11')

    const larger = propose([...DEPLOYED, ...maps(40)])
    expect(await diff(larger)).toMatchObject({ conclusion: 'success' })
    const [shortened, ...rest] = larger.comments()
    expect(rest).toEqual([])
    expect(shortened?.body).toMatch(/This comment shows \d+ of 4\d objects/)
    expect(shortened?.body).toContain('The whole diff is in')
  }, 120_000)

  test('with a namespace that comes with it shows its objects', async () => {
    const namespace = `${scene.namespace}-new`
    const pullRequest = propose([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...DEPLOYED])
    const inputs = { namespace, kubeconfig: '', 'kubeconfig-path': scene.cluster.kubeconfig }
    const step = await diff(pullRequest, { inputs })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
    const body = pullRequest.comments()[0]?.body ?? ''
    expect(body).toContain('7 to create')
    expect(body).not.toContain(OLD)
    await expect(scene.kubectl('get', 'namespace', namespace)).rejects.toThrow('not found')
  }, 60_000)

  test.each([
    ['may not read Secrets', ['create', 'patch']],
    ['has no right on Secrets', []],
  ])(
    'of a reviewer who %s shows the rest',
    async (_, verbs) => {
      const change = (rules: Rule[]): Rule[] =>
        rules
          .map((rule) => (rule.resources.includes('secrets') ? { ...rule, verbs } : rule))
          .filter(({ verbs: left }) => left.length > 0)
      const limited = await grant(scene, 'reviewer.yaml', change)
      try {
        const pullRequest = propose(PROPOSED)
        const step = await diff(pullRequest, { inputs: { kubeconfig: limited.kubeconfig } })
        expect(step).toMatchObject({ conclusion: 'success', annotations: [], outputs: { changed: 'true' } })
        const body = pullRequest.comments()[0]?.body ?? ''
        expect(body).toContain('-    one')
        expect(body).toMatch(/Secret.*passwords.*(may not be read|not looked at)/)
        for (const value of [OLD, NEW, SAME]) expect(body + step.summary + step.log.join()).not.toContain(value)
      } finally {
        await limited.remove()
      }
    },
    60_000,
  )

  test('is shown by an account that can neither write nor get more rights', async () => {
    const denied = /may only dry-run|Forbidden|forbidden/
    for (const command of [
      ['create', 'configmap', 'mine', '--from-literal=a=b'],
      ['patch', 'configmap', 'web', '--type=merge', '--patch={"data":{"a":"b"}}'],
      [
        'apply',
        '--server-side',
        '--force-conflicts',
        '--filename',
        await scene.file('mine.json', JSON.stringify(config('mine'))),
      ],
      ['delete', 'configmap', 'web'],
      ['create', 'token', reviewer.name],
      ['create', 'token', 'default'],
      ['create', 'role', 'mine', '--verb=*', '--resource=*'],
      ['patch', 'role', reviewer.name, '--type=merge', '--patch={"rules":[]}'],
      [
        'create',
        'rolebinding',
        'mine',
        '--clusterrole=cluster-admin',
        `--serviceaccount=${scene.namespace}:${reviewer.name}`,
      ],
      ['delete', 'validatingadmissionpolicy', reviewer.name],
      ['delete', 'validatingadmissionpolicybinding', `${reviewer.name}-dry-runs-only`],
      ['exec', 'deployment/web', '--', 'id'],
      ['scale', 'deployment', 'web', '--replicas=0'],
      ['get', 'secrets'],
      ['get', 'configmaps', '--as=system:admin'],
      ['run', 'mine', '--image=busybox'],
    ]) {
      await expect(asReviewer(...command)).rejects.toThrow(denied)
    }
    expect(await asReviewer('create', 'configmap', 'mine', '--from-literal=a=b', '--dry-run=server')).toContain(
      'dry run',
    )
  }, 60_000)

  test('is shown through a plugin that gets the credentials', async () => {
    const plugin = await scene.file(
      'plugin.sh',
      `#!/bin/sh\necho '${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: reviewer.token } })}'\n`,
    )
    chmodSync(plugin, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' }
    const pullRequest = propose(PROPOSED)
    const step = await diff(pullRequest, { inputs: { kubeconfig: await kubeconfigFor(scene, { exec }) } })
    expect(step).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
  }, 60_000)

  test('by pull_request_target is refused before anything is asked', async () => {
    const pullRequest = propose(PROPOSED)
    const payload = scene.repository.eventPayload('pull_request', { pullRequest, action: 'opened' })
    const actor = pullRequest.issue.author.login
    const run = scene.repository.run({ event: 'pull_request_target', headSha: pullRequest.headSha, actor, pullRequest })
    const step = await scene.step({
      event: 'pull_request_target',
      payload,
      sha: pullRequest.headSha,
      ref: 'refs/heads/main',
      run,
      checkout: pullRequest.headSha,
    })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-input' })
    expect(step.annotations[0]?.message).toContain('pull_request_target')
    expect(pullRequest.comments()).toEqual([])
  })

  test.each([
    ['a wrong token', (token: string) => stringify(user({ token: `${token}x` }))],
    ['a password', (token: string) => stringify(user({ username: 'somebody', password: token }))],
    ['YAML that is none', (token: string) => `users:\n- user:\n    token: ${token}\n  [`],
    ['only the token', (token: string) => token],
    ['base64', (token: string) => Buffer.from(stringify(user({ token }))).toString('base64')],
    ['a plugin that fails', (token: string) => stringify(user({ exec: failing(token) }))],
  ])(
    'with a kubeconfig of %s fails without showing it',
    async (_, change) => {
      const token = 'eyJhbGciOiJSUzI1NiJ9.secret-of-the-kubeconfig'
      const kubeconfig = change(token)
      const pullRequest = propose(PROPOSED)
      const step = await diff(pullRequest, { inputs: { kubeconfig } })
      expect(step.conclusion).toBe('failure')
      expect(step.reason).toMatch(/^(unauthorized|invalid-input)$/)
      const shown = [step.summary, ...step.log, ...step.annotations.map(({ message }) => message)].join('\n')
      expect(shown).not.toContain('secret-of-the-kubeconfig')
      expect(shown).not.toContain(kubeconfig)
    },
    60_000,
  )

  function user(given: object): object {
    return {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster: clusterOf(reviewer) }],
      users: [{ name: 'given', user: given }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'given' } }],
      'current-context': 'lab',
    }
  }
})

function clusterOf({ kubeconfig }: Account): object {
  return parse(kubeconfig).clusters[0].cluster
}

function failing(token: string): object {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sh',
    args: ['-c', 'echo "no login for $CLOUD_TOKEN" >&2; exit 3'],
    env: [{ name: 'CLOUD_TOKEN', value: token }],
    interactiveMode: 'Never',
  }
}

const HOSTILE = [
  '```\n</details>\n# Heading\n@maintainer closes #1',
  '::error file=x::owned\n::set-output name=failure-reason::owned\n::stop-commands::x',
  '##[error]owned',
  '<img src=x onerror=alert(1)><script>alert(1)</script>',
  '<!-- ondol:k8s-deploy e30 unsigned -->',
  '[click](javascript:alert(1)) ![x](http://evil.example/x.png)',
  '\u001b[31mred\u001b[0m \u202Eright to left\u202C',
  '~~~~~~\n`````\n|a|b|\n|-|-|',
]

describeCluster('a pull request whose job has no values for the input secrets', () => {
  let scene: Scene
  const set = (greeting: string) =>
    files(config(greeting), service(), web({ replicas: 1, container: { envFrom: [{ secretRef: { name: 'db' } }] } }))
  beforeAll(async () => {
    scene = await openScene(set('one'), { soak: '0s' })
    const inputs = { secrets: 'db: URL=env:URL' }
    const step = await scene.deploy(
      {},
      { inputs, env: { URL: 'postgres://elsewhere' }, masks: ['postgres://elsewhere'] },
    )
    expect(step).toMatchObject({ conclusion: 'success' })
  }, 120_000)
  afterAll(() => scene.close())

  test('shows nothing where nothing changes', async () => {
    const step = await scene.pullRequestRun(scene.propose({ 'README.md': 'hello\n' }, { branch: 'readme' }))
    expect(step).toMatchObject({ conclusion: 'success', outputs: { changed: 'false' } })
  }, 60_000)

  test('shows the ConfigMap that changes, and which pods restart', async () => {
    const changed = { 'k8s/all.yaml': set('two')['all.yaml'] ?? '' }
    const step = await scene.pullRequestRun(scene.propose(changed, { branch: 'greeting' }))
    expect(step).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
    expect(step.summary).toContain('1 to change')
    expect(step.summary).toMatch(/The pods of Deployment.*web.*restart, since/)
  }, 60_000)
})
