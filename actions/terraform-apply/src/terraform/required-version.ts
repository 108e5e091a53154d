import { relative } from 'node:path'
import { lt, type SemVer } from 'semver'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { toPosix } from '../closure/files.ts'
import { type Attribute, literalText } from '../hcl/block.ts'
import { readConfiguration, type SourceBlock } from '../hcl/configuration.ts'
import type { Tool } from '../inputs.ts'
import { type Condition, meets, parseConstraint } from './constraint.ts'

/** A version constraint of the root module. */
export interface Requirement {
  conditions: Condition[]
  /** `required_version = "~> 1.9" (infra/main.tf:3)` */
  said: string
  /** Versions of the program from this one on don't heed it. */
  unheededFrom: string | undefined
}

/**
 * From 1.12 on OpenTofu takes `required_version` in a `.tf` file for a constraint on Terraform ("Language and Compatibility
 * Settings" of its documentation).
 */
const TOFU_UNHEEDED_FROM = '1.12.0'

/**
 * What the root module requires of the program's version: `required_version` of `terraform` blocks, and for OpenTofu also
 * `opentofu` in `language { compatible_with { … } }`. Throws `invalid-input` for what is no constraint.
 */
export async function readRequirements(directory: string, repository: string, tool: Tool): Promise<Requirement[]> {
  const blocks = await readConfiguration(directory, tool)
  return blocks.flatMap((block) => {
    const place = toPosix(relative(repository, block.file))
    const unheededFrom = tool === 'tofu' && isTerraformFile(block) ? TOFU_UNHEEDED_FROM : undefined
    return [
      ...named(block, 'terraform', 'required_version').map((found) => requirement(found, place, unheededFrom)),
      ...(tool === 'tofu' ? compatibleWith(block).map((found) => requirement(found, place, undefined)) : []),
    ]
  })
}

/** Would the program of this version accept the configuration? */
export function accepts(version: SemVer, requirements: readonly Requirement[]): boolean {
  return requirements.every(
    ({ unheededFrom, ...requirement }) =>
      (unheededFrom !== undefined && !lt(version, unheededFrom)) || fulfils(version, requirement),
  )
}

/** Does the version meet all that is required of it, heeded or not? */
export function fulfils(version: SemVer, { conditions }: Pick<Requirement, 'conditions'>): boolean {
  return conditions.every((condition) => meets(version, condition))
}

function isTerraformFile({ file }: SourceBlock): boolean {
  return /\.tf(\.json)?$/.test(file)
}

function named({ type, attributes }: Pick<SourceBlock, 'type' | 'attributes'>, block: string, name: string) {
  return type === block ? attributes.filter((attribute) => attribute.name === name) : []
}

function compatibleWith({ type, blocks }: SourceBlock): Attribute[] {
  return type === 'language' ? blocks.flatMap((inner) => named(inner, 'compatible_with', 'opentofu')) : []
}

function requirement({ name, line, source }: Attribute, file: string, unheededFrom: string | undefined): Requirement {
  const text = literalText(source)
  const said = `${name} = ${text === undefined ? source : JSON.stringify(text)} (${file}:${line})`
  const conditions = text === undefined ? undefined : parseConstraint(text)
  if (conditions) return { conditions, said, unheededFrom }
  throw invalidInput(
    `${said} is no version constraint that can be read; allowed are conditions such as "~> 1.9" or ">= 1.5, < 2.0", without pre-releases.`,
  )
}
