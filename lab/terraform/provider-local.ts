// Serves the lab's own build of hashicorp/local to Terraform and OpenTofu, which find no registry here.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { arch, platform } from 'node:process'
import { parts } from '../provision/index.ts'

/**
 * Makes a mirror of providers in `folder`, with one in it, and the CLI configuration that names it.
 *
 * @param program the built provider
 * @returns the environment that a child needs to use it
 */
export function serveProviderLocal(program: string, folder: string): { TF_CLI_CONFIG_FILE: string } {
  const { recipe } = parts['provider-local']
  const version = 'version' in recipe ? recipe.version.slice(1) : ''
  const mirror = join(folder, 'providers')
  for (const registry of ['registry.terraform.io', 'registry.opentofu.org']) {
    const home = join(mirror, registry, 'hashicorp/local', version, `${platform}_${arch === 'x64' ? 'amd64' : arch}`)
    mkdirSync(home, { recursive: true })
    copyFileSync(program, join(home, `terraform-provider-local_v${version}`))
  }
  const config = join(folder, 'terraform.rc')
  writeFileSync(
    config,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  )
  return { TF_CLI_CONFIG_FILE: config }
}
