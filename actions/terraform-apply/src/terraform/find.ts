import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../../../../lib/action/errors.ts'
import { findOnPath, type InstallSource, installTool, programVersion } from '../../../../lib/tools/install.ts'

const RELEASES = 'https://releases.hashicorp.com/terraform'

/**
 * The path of the Terraform to use.
 *
 * @param wanted `auto`, `path` or a version, as the input `tool-version` has it
 */
export async function findTerraform(wanted: string, directory: string, repository: string): Promise<string> {
  const version = wanted === 'auto' ? await versionFromFile(directory, repository) : wanted
  const onPath = findOnPath('terraform')
  if (version === undefined || version === 'path') return onPath ?? missing()
  if (
    onPath !== undefined &&
    (await programVersion(onPath, ['version', '-json'], /"terraform_version":\s*"([^"]+)"/)) === version
  )
    return onPath
  return installTool(terraformRelease(version))
}

/** Where a version is published: an archive, and beside it the checksums of all archives of that version. */
export function terraformRelease(version: string, releases = RELEASES): InstallSource {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const archive = `terraform_${version}_${platform}_${architecture}.zip`
  return {
    tool: 'terraform',
    version,
    archiveUrl: `${releases}/${version}/${archive}`,
    archiveName: archive,
    checksumsUrl: `${releases}/${version}/terraform_${version}_SHA256SUMS`,
    program: process.platform === 'win32' ? 'terraform.exe' : 'terraform',
  }
}

/** The nearest `.terraform-version` from the root module up to the repository's top, as tfenv reads it. */
async function versionFromFile(directory: string, repository: string): Promise<string | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const text = await readFile(join(folder, '.terraform-version'), 'utf8').catch(() => undefined)
    if (text !== undefined) return exactVersion(text.trim(), join(folder, '.terraform-version'))
    if (folder === repository || folder === dirname(folder)) return undefined
  }
}

function exactVersion(text: string, file: string): string {
  const version = text.replace(/^v/, '')
  if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return version
  throw new UserError(
    'invalid-input',
    `${file} says ${JSON.stringify(text)}; an exact version such as 1.11.4 is allowed.`,
  )
}

function missing(): never {
  throw new UserError('invalid-input', 'There is no terraform on PATH.', {
    remedy:
      'Set the input tool-version, add a .terraform-version file, or run hashicorp/setup-terraform before this step.',
  })
}
