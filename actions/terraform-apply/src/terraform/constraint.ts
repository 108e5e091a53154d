import { compare, type SemVer } from 'semver'

/** One condition of a version constraint, such as `~> 1.9`. */
export interface Condition {
  operator: Operator
  /** One to three numbers, as written. */
  numbers: readonly number[]
}

type Operator = keyof typeof TESTS

/** A condition may leave numbers out, so each is compared as if they were 0. */
const TESTS = {
  '=': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '~>': (order: number) => order >= 0,
}

const CONDITION = /^\s*(<=|>=|!=|~>|<|>|=|)\s*v?(\d{1,9}(?:\.\d{1,9}){0,2})\s*$/

/**
 * Reads a version constraint: conditions that must all hold, divided by commas. `undefined` when it isn't one, or names a
 * pre-release, which Terraform and OpenTofu refuse as well (`CheckCoreVersionRequirements`).
 */
export function parseConstraint(text: string): Condition[] | undefined {
  const conditions = text.split(',').map(parseCondition)
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined
}

function parseCondition(text: string): Condition | undefined {
  const [, operator, numbers] = CONDITION.exec(text) ?? []
  if (operator === undefined || numbers === undefined) return undefined
  return { operator: (operator || '=') as Operator, numbers: numbers.split('.').map(Number) }
}

/**
 * Does the version meet the condition? Its pre-release is left out of the comparison: 1.12.0-rc1 counts as 1.12.0, as
 * Terraform and OpenTofu count themselves. `~>` allows the last number that it names to grow, and nothing before that; with
 * one number it is `>=` (github.com/hashicorp/go-version, constraint.go).
 */
export function meets(version: SemVer, { operator, numbers }: Condition): boolean {
  const core = `${version.major}.${version.minor}.${version.patch}`
  const [major = 0, minor = 0, patch = 0] = numbers
  if (!TESTS[operator](compare(core, `${major}.${minor}.${patch}`))) return false
  return operator !== '~>' || compare(core, upperBound(numbers)) < 0
}

/** The first version that `~>` doesn't allow any more. */
function upperBound([major = 0, minor, patch]: readonly number[]): string {
  if (patch !== undefined) return `${major}.${(minor ?? 0) + 1}.0`
  return minor === undefined ? `${Number.MAX_SAFE_INTEGER}.0.0` : `${major + 1}.0.0`
}
