// action.yml as the runner reads it, for JavaScript actions.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export interface Manifest {
  inputs: Record<string, { default?: unknown; required?: boolean; description?: string; deprecationMessage?: string }>
  outputs: Record<string, { description?: string }>
  main: string
  post?: string
  postIf: PostIf
}

const postConditions = ['always()', 'success()', 'failure()', 'cancelled()'] as const
export type PostIf = (typeof postConditions)[number]

/**
 * @param folder the action's folder
 * @throws Error when the action isn't a node24 action, or its `post-if` is an expression that this runner doesn't evaluate
 */
export function readManifest(folder: string): Manifest {
  const yaml = parse(readFileSync(join(folder, 'action.yml'), 'utf8'))
  const { using, main, post, 'post-if': postIf = 'always()' } = yaml.runs ?? {}
  if (using !== 'node24') throw new Error(`${folder}/action.yml: runs.using is ${JSON.stringify(using)}, not "node24"`)
  if (!postConditions.includes(postIf))
    throw new Error(`${folder}/action.yml: post-if "${postIf}" can't be evaluated here`)
  return {
    inputs: Object.fromEntries(
      Object.entries(yaml.inputs ?? {}).map(([name, input]) => [name, input ?? {}]),
    ) as Manifest['inputs'],
    outputs: yaml.outputs ?? {},
    main,
    ...(post === undefined ? {} : { post }),
    postIf,
  }
}

/**
 * An input's default with `${{ github.x }}` filled in.
 *
 * @param github the github context: `token`, `repository`, …
 * @throws Error for any other expression
 */
export function evaluateDefault(value: unknown, github: Record<string, string>): string {
  return String(value ?? '').replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const known = /^github\.(\w+)$/.exec(expression)?.[1]
    const result = known === undefined ? undefined : github[known]
    if (result === undefined) throw new Error(`a default uses \${{ ${expression} }}, which this runner can't evaluate`)
    return result
  })
}
