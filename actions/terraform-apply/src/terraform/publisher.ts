import type { InstallSource } from '../../../../lib/tools/install.ts'
import type { Tool } from '../inputs.ts'
import { HASHICORP_KEY, OPENTOFU_KEY } from './publisher-keys.ts'
import { TOOLS } from './tool.ts'

/** Where a program's releases are. */
export interface Publisher {
  /** JSON with every version. */
  indexUrl: string
  /** Folder of one version's files, without the last slash. */
  folderOf: (version: string) => string
  /** Added to the name of the checksums' file. */
  signatureSuffix: string
  publicKey: string
  /** The versions that the index names, in its order. */
  versionsIn: (index: unknown) => string[]
}

export const PUBLISHERS: Readonly<Record<Tool, Publisher>> = {
  terraform: {
    indexUrl: 'https://releases.hashicorp.com/terraform/index.json',
    folderOf: (version) => `https://releases.hashicorp.com/terraform/${version}`,
    signatureSuffix: '.sig',
    publicKey: HASHICORP_KEY,
    versionsIn: (index) => Object.keys((index as { versions: object }).versions),
  },
  // "Specification for TofuDL mirrors" (github.com/opentofu/tofudl). `.sig` is a signature by cosign, `.gpgsig` by OpenPGP.
  tofu: {
    indexUrl: 'https://get.opentofu.org/tofu/api.json',
    folderOf: (version) => `https://github.com/opentofu/opentofu/releases/download/v${version}`,
    signatureSuffix: '.gpgsig',
    publicKey: OPENTOFU_KEY,
    versionsIn: (index) => (index as { versions: { id: string }[] }).versions.map(({ id }) => id),
  },
}

/** A version's files for this machine. */
export function releaseOf(tool: Tool, version: string, publisher: Publisher): InstallSource {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const { name, program } = TOOLS[tool]
  const folder = publisher.folderOf(version)
  const archiveName = `${program}_${version}_${platform}_${architecture}.zip`
  const checksumsUrl = `${folder}/${program}_${version}_SHA256SUMS`
  return {
    name,
    program: process.platform === 'win32' ? `${program}.exe` : program,
    version,
    archiveUrl: `${folder}/${archiveName}`,
    archiveName,
    checksumsUrl,
    signatureUrl: checksumsUrl + publisher.signatureSuffix,
    publicKey: publisher.publicKey,
  }
}
