// What must agree about an action: its code, its action.yml, its README and every example that uses it.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { withTables } from '../../scripts/docs.ts'
import { diagnose } from './language-service.ts'

interface Described {
  description?: string
  default?: unknown
  required?: boolean
}

export interface ActionYml {
  inputs?: Record<string, Described>
  outputs?: Record<string, Described>
  branding?: { icon?: string; color?: string }
  runs?: { using?: string; main?: string; post?: string }
}

/** Every disagreement about the action in a folder, a line each. */
export async function actionProblems(folder: string): Promise<string[]> {
  const text = readFileSync(join(folder, 'action.yml'), 'utf8')
  const yml: ActionYml = parse(text)
  return [
    ...diagnose([{ path: 'action.yml', text }]),
    ...contractProblems(yml),
    ...inputProblems(yml, readSources(folder)),
    ...(await outputProblems(yml, join(folder, 'src/outputs.ts'))),
    ...readmeProblems(join(folder, 'README.md'), text),
  ]
}

function contractProblems(yml: ActionYml): string[] {
  const { using, main, post } = yml.runs ?? {}
  const described = [...Object.entries(yml.inputs ?? {}), ...Object.entries(yml.outputs ?? {})]
  return [
    ...(using === 'node24' ? [] : [`runs.using is ${using}, not node24`]),
    ...(main === 'dist/index.js' ? [] : [`runs ${main}, not dist/index.js`]),
    ...(post === 'dist/post.js' ? [] : [`ends with ${post}, not dist/post.js`]),
    ...(yml.branding?.icon && yml.branding.color ? [] : ['has no branding']),
    ...described.filter(([, about]) => !about?.description?.trim()).map(([name]) => `${name} has no description`),
    ...described.filter(([name]) => !/^[a-z]+(-[a-z]+)*$/.test(name)).map(([name]) => `${name} is not in kebab-case`),
  ]
}

/** The code of an action, without its tests. */
function readSources(folder: string): string {
  return globSync('src/**/*.ts', { cwd: folder })
    .filter((path) => !path.endsWith('.test.ts') && !path.includes('/fixtures/'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n')
}

const readerCall = /\bread\.[a-zA-Z]+(?:<[^>]*>)?\(\s*'([a-z0-9-]+)'/g

function inputProblems(yml: ActionYml, sources: string): string[] {
  const declared = Object.keys(yml.inputs ?? {})
  const read = [...new Set([...sources.matchAll(readerCall)].map(([, name]) => name ?? ''))]
  const withDefault = sources.matchAll(
    /\bread\.[a-zA-Z]+(?:<[^>]*>)?\(\s*'([a-z0-9-]+)'[^)]*\)\s*(?:\?\?|\|\|)\s*(?:['"`\d]|true|false)/g,
  )
  return [
    ...read
      .filter((name) => !declared.includes(name))
      .map((name) => `the code reads ${name}, which action.yml doesn't declare`),
    ...declared
      .filter((name) => !read.includes(name))
      .map((name) => `action.yml declares the input ${name}, which no code reads`),
    ...[...withDefault].map(([, name]) => `the default of ${name} stands in the code, not in action.yml`),
  ]
}

async function outputProblems(yml: ActionYml, file: string): Promise<string[]> {
  if (!existsSync(file)) return ['has no src/outputs.ts']
  const { outputNames }: { outputNames?: readonly string[] } = await import(file)
  if (outputNames === undefined) return ['src/outputs.ts exports no outputNames']
  const declared = Object.keys(yml.outputs ?? {})
  return [
    ...outputNames
      .filter((name) => !declared.includes(name))
      .map((name) => `the code sets ${name}, which action.yml doesn't declare`),
    ...declared
      .filter((name) => !outputNames.includes(name))
      .map((name) => `action.yml declares the output ${name}, which no code sets`),
  ]
}

function readmeProblems(file: string, actionYml: string): string[] {
  if (!existsSync(file)) return ['has no README.md']
  const readme = readFileSync(file, 'utf8')
  try {
    return withTables(readme, actionYml) === readme ? [] : ["README.md's tables are out of date: npm run docs"]
  } catch (error) {
    return [`README.md: ${(error as Error).message}`]
  }
}

export type Actions = Readonly<Record<string, ActionYml>>

/** Every action's metadata, by folder name. */
export function readActions(root: string): Actions {
  const files = globSync('actions/*/action.yml', { cwd: root })
  return Object.fromEntries(
    files.map((file) => [basename(join(file, '..')), parse(readFileSync(join(root, file), 'utf8'))]),
  )
}

export interface Step {
  uses: string
  with?: Record<string, unknown>
}

/** Steps with `uses` anywhere in a YAML text, be it a workflow, an action or a list of steps. */
export function findSteps(yaml: string): Step[] {
  return parseAllDocuments(yaml).flatMap((document) => ('toJS' in document ? stepsIn(document.toJS()) : []))
}

function stepsIn(value: unknown): Step[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'uses' in value && typeof value.uses === 'string' ? [value as Step] : []
  return [...own, ...Object.values(value).flatMap(stepsIn)]
}

/** The YAML blocks of a Markdown text. */
export function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^([ \t]*)```ya?ml\n([\s\S]*?)^[ \t]*```/gm)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** `./actions/x`, `$/actions/x` and `OWNER/ondol/actions/x@ref` are ours. */
export const ownAction = /^(?:\.\/|\$\/|[\w.-]+\/ondol\/)actions\/([\w-]+)(?:@.+)?$/

/** What is wrong with the steps that use our actions: an unknown action or input, a missing required input. */
export function usageProblems(yaml: string, actions: Actions): string[] {
  return findSteps(yaml).flatMap((step) => {
    const name = ownAction.exec(step.uses)?.[1]
    if (name === undefined) return []
    const inputs = actions[name]?.inputs
    if (inputs === undefined) return [`${step.uses}: there is no such action`]
    const given = Object.keys(step.with ?? {})
    const required = Object.keys(inputs).filter(
      (input) => inputs[input]?.required && inputs[input]?.default === undefined,
    )
    return [
      ...given.filter((input) => !(input in inputs)).map((input) => `${step.uses}: no input ${input}`),
      ...required.filter((input) => !given.includes(input)).map((input) => `${step.uses}: ${input} is required`),
    ]
  })
}
