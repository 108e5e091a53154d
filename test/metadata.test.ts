import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withTables } from '../scripts/docs.ts'
import { actionProblems, readActions, usageProblems, yamlBlocks } from './support/metadata.ts'

const root = join(import.meta.dirname, '..')
const actions = readActions(root)
const ignored = ['**/node_modules/**', '**/dist/**', 'build/**', 'lab/**/fixtures/**']
const documents = globSync('**/*.md', { cwd: root, exclude: ignored })
const workflows = globSync(['.github/workflows/*.yml', 'examples/**/*.yml', 'action.yml'], { cwd: root })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test.each(Object.keys(actions).map((name) => ({ name })))(
  '$name: code, action.yml and README agree',
  async ({ name }) => {
    expect(await actionProblems(join(root, 'actions', name))).toEqual([])
  },
)

test('examples in the documents use inputs that exist and pass the required ones', () => {
  const problems = documents.flatMap((path) =>
    yamlBlocks(read(path)).flatMap((block) => usageProblems(block, actions).map((problem) => `${path}: ${problem}`)),
  )
  expect(problems).toEqual([])
})

test('so do the workflows', () => {
  expect(workflows.flatMap((path) => usageProblems(read(path), actions))).toEqual([])
})

describe('these checks can fail', () => {
  const sound = {
    'action.yml': `name: fixture
description: An action without a fault
branding: { icon: layers, color: orange }
inputs:
  mode: { description: What to do, default: auto }
  plan-key: { description: A secret, required: true }
outputs:
  changed: { description: Whether anything changed }
runs: { using: node24, main: dist/index.js, post: dist/post.js }
`,
    'src/inputs.ts': "export const inputs = (read) => [read.choice('mode', ['auto']), read.secret('plan-key', 32)]\n",
    'src/outputs.ts': "export const outputNames = ['changed']\n",
    'README.md': '<!-- inputs -->\n<!-- /inputs -->\n<!-- outputs -->\n<!-- /outputs -->\n',
  }
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ondol-metadata-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The sound action in a folder of its own, with some text changed in one of its files. */
  async function problemsWith(file: keyof typeof sound, from: string | RegExp, to: string): Promise<string[]> {
    const action = mkdtempSync(join(folder, 'action-'))
    mkdirSync(join(action, 'src'))
    const files = { ...sound, 'README.md': withTables(sound['README.md'], sound['action.yml']) }
    files[file] = files[file].replace(from, to)
    for (const [path, text] of Object.entries(files)) writeFileSync(join(action, path), text)
    return await actionProblems(action)
  }

  test('the sound action passes', async () => {
    expect(await problemsWith('action.yml', 'sound', 'sound')).toEqual([])
  })

  test.each([
    ['action.yml', 'node24', 'node20', 'runs.using is node20, not node24'],
    ['action.yml', 'main: dist/index.js', 'main: src/index.ts', 'runs src/index.ts, not dist/index.js'],
    ['action.yml', 'icon: layers', 'icon: nope', "action.yml:3 Unexpected value 'nope'"],
    ['action.yml', /branding.*\n/, '', 'has no branding'],
    ['action.yml', 'description: What to do', "description: ''", 'mode has no description'],
    ['action.yml', 'mode:', 'Mode_x:', 'Mode_x is not in kebab-case'],
    [
      'action.yml',
      'inputs:',
      'inputs:\n  more: { description: x }',
      'action.yml declares the input more, which no code reads',
    ],
    [
      'action.yml',
      'outputs:',
      'outputs:\n  more: { description: x }',
      'action.yml declares the output more, which no code sets',
    ],
    [
      'src/inputs.ts',
      "read.choice('mode'",
      "read.choice('made'",
      "the code reads made, which action.yml doesn't declare",
    ],
    ['src/inputs.ts', "['auto'])", "['auto']) ?? 'auto'", 'the default of mode stands in the code, not in action.yml'],
    ['src/outputs.ts', "'changed'", "'changed', 'more'", "the code sets more, which action.yml doesn't declare"],
    ['src/outputs.ts', 'outputNames', 'names', 'src/outputs.ts exports no outputNames'],
    ['README.md', 'What to do', 'What it did', "README.md's tables are out of date: npm run docs"],
    ['README.md', '<!-- inputs -->', '', 'README.md: the lines <!-- inputs --> and <!-- /inputs --> are missing'],
  ] as const)('%s with %s → %s', async (file, from, to, problem) => {
    expect(await problemsWith(file, from, to)).toContain(problem)
  })

  test('examples', () => {
    const known = { fixture: { inputs: { mode: { default: 'auto' }, 'plan-key': { required: true } } } }
    const markdown = `
- in a list:

  \`\`\`yaml
  - uses: OWNER/ondol/actions/fixture@v1
    with:
      made: x
  \`\`\`
\`\`\`yaml
jobs: { a: { steps: [{ uses: ./actions/other }, { uses: actions/checkout@v7, with: { x: 1 } }] } }
\`\`\`
`
    expect(yamlBlocks(markdown).flatMap((block) => usageProblems(block, known))).toEqual([
      'OWNER/ondol/actions/fixture@v1: no input made',
      'OWNER/ondol/actions/fixture@v1: plan-key is required',
      './actions/other: there is no such action',
    ])
  })
})
