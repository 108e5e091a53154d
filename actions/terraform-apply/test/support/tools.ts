import { requirePart } from '../../../../lab/provision/require-part.ts'

/** A real program that tests run. */
export interface ToolUnderTest {
  program: 'terraform' | 'tofu'
  /** As people call it. */
  name: 'Terraform' | 'OpenTofu'
  /** Absolute path of the program. */
  path: string
}

const parts = { terraform: await requirePart('terraform'), tofu: await requirePart('tofu') }

const TERRAFORM: ToolUnderTest = { program: 'terraform', name: 'Terraform', path: parts.terraform.path }
const TOFU: ToolUnderTest = { program: 'tofu', name: 'OpenTofu', path: parts.tofu.path }

export { TERRAFORM, TOFU }

/** The same tests with Terraform and with OpenTofu. A program that isn't there is skipped with its reason, or fails in CI. */
export function describeTools(title: string, tests: (tool: ToolUnderTest) => void): void {
  for (const tool of [TERRAFORM, TOFU]) describeTool(tool, title, tests)
}

/** Tests that only one of the programs can pass, or that need no second one. */
export function describeTool(tool: ToolUnderTest, title: string, tests: (tool: ToolUnderTest) => void): void {
  parts[tool.program].describe(`${title} (${tool.name})`, () => tests(tool))
}
