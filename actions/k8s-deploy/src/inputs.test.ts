import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { RunContext } from '../../../lib/action/context.ts'
import { type Inputs, readInputs } from './inputs.ts'

let workspace = ''
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'ondol-inputs-'))
  writeFileSync(join(workspace, 'kubeconfig'), '')
})
afterAll(() => rmSync(workspace, { recursive: true }))

const actionYml = parse(readFileSync(join(import.meta.dirname, '../action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>
}
const defaults = Object.fromEntries(
  Object.entries(actionYml.inputs).map(([name, input]) => [name, name === 'github-token' ? 'token' : input.default]),
)

function read(inputs: Record<string, string>, event = 'push'): Inputs {
  const given = { manifests: 'k8s/', ...inputs }
  const env = Object.fromEntries(
    Object.entries({ ...defaults, ...given }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
  const context = { workspace, event: { name: event, payload: {} }, repository: { name: 'Web.Shop_2' } }
  return readInputs(env, context as unknown as RunContext)
}

test('the defaults', () => {
  expect(read({})).toMatchObject({
    mode: 'deploy',
    app: 'web-shop-2',
    namespace: undefined,
    access: { kubeconfig: { kind: 'found' }, context: undefined, kubectlVersion: 'path' },
    timeoutMs: 600_000,
    soakMs: 15_000,
    onFailure: 'rollback',
    prune: false,
    strategy: 'rolling',
    canary: [],
    fieldManager: 'ondol',
    waitForLockMs: 300_000,
  })
})

describe('mode auto', () => {
  test.each([
    ['pull_request', 'diff'],
    ['pull_request_review', 'diff'],
    ['pull_request_review_comment', 'diff'],
    ['push', 'deploy'],
    ['schedule', 'deploy'],
    ['workflow_dispatch', 'deploy'],
    ['release', 'deploy'],
  ])('for the event %s is %s', (event, mode) => {
    expect(read({}, event).mode).toBe(mode)
  })

  test.each(['merge_group', 'issue_comment', 'create', 'check_suite'])(
    'does not guess what the code of %s is',
    (event) => {
      expect(() => read({}, event)).toThrow(`The event is ${event}`)
      expect(read({ mode: 'deploy' }, event).mode).toBe('deploy')
    },
  )

  test("refuses the event that gives a stranger's manifests the base's secrets", () => {
    expect(() => read({}, 'pull_request_target')).toThrow('The event is pull_request_target')
    expect(() => read({ mode: 'deploy' }, 'pull_request_target')).toThrow('The event is pull_request_target')
  })
})

test('a canary has its steps', () => {
  expect(read({ strategy: 'canary' }).canary).toEqual([
    { percent: 10, pauseMs: 60_000 },
    { percent: 50, pauseMs: 60_000 },
  ])
})

test('each way to the cluster', () => {
  expect(read({ kubeconfig: 'users: []' }).access.kubeconfig).toEqual({ kind: 'content', content: 'users: []' })
  expect(read({ 'kubeconfig-path': 'kubeconfig' }).access.kubeconfig).toEqual({
    kind: 'file',
    path: join(workspace, 'kubeconfig'),
  })
  expect(read({ 'kubectl-version': 'v1.34.4' }).access.kubectlVersion).toBe('1.34.4')
})

test.each<[Record<string, string>, string]>([
  [{ manifests: '' }, 'The input manifests is empty; mode deploy needs'],
  [{ mode: 'apply' }, 'The input mode is "apply"'],
  [{ 'to-revision': '3' }, 'The input to-revision is set and mode is deploy'],
  [{ mode: 'rollback', 'to-revision': '0' }, 'The input to-revision is "0"'],
  [{ app: 'Shop' }, 'The input app is "Shop"'],
  [{ app: `a${'b'.repeat(40)}` }, 'allowed are up to 40'],
  [{ app: '-a' }, 'The input app is "-a"'],
  [{ namespace: 'a b' }, 'The input namespace is "a b"'],
  [{ kubeconfig: 'x', 'kubeconfig-path': 'kubeconfig' }, 'are both set'],
  [{ 'kubeconfig-path': 'absent' }, 'where there is no file'],
  [{ kubeconfig: Buffer.from('apiVersion: v1\nkind: Config\n').toString('base64') }, 'The input kubeconfig is base64'],
  [{ 'prune-kinds': 'pvc' }, 'The input prune-kinds has "pvc"; allowed are Namespace, PersistentVolumeClaim'],
  [{ 'kubectl-version': 'latest' }, 'The input kubectl-version is "latest"'],
  [{ images: 'a=b:1\na=b:2' }, 'twice'],
  [{ soak: 'soon' }, 'The input soak is "soon"'],
  [{ gates: 'promql: up < 1 for 1m' }, 'The input prometheus-url is empty'],
  [{ 'prometheus-url': 'ftp://x' }, 'The input prometheus-url is no http or https address'],
  [{ 'environment-url': 'x' }, 'The input environment-url is no http or https address'],
  [{ 'on-failure': 'undo' }, 'The input on-failure is "undo"'],
  [{ strategy: 'canary', canary: '50%,10%' }, 'The input canary is'],
  [{ 'field-manager': 'a b' }, 'The input field-manager is "a b"'],
  [{ 'digest-key': 'short' }, 'at least 32'],
  [{ 'report-path': '../report.md' }, 'leads out of the workspace'],
  [{ 'diff-path': '.' }, 'which is a folder'],
])('%j is refused', (inputs, message) => {
  expect(() => read(inputs)).toThrow(message)
})
