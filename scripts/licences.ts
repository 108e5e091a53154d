import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  version: string
  dev?: boolean
  devOptional?: boolean
  optional?: boolean
}

/** The LGPL is additions to the GPL, and packages bring the former only. */
const ADDED = [
  { packages: 'GNU General Public License, version 3, to which the LGPL refers', file: 'LICENSES/GPL-3.0.txt' },
]

/**
 * The licence texts of all packages that a bundle may hold: everything that `dependencies` bring, by the lock file. Each
 * text once, under the names and versions of its packages.
 */
export function licences(root: string): string {
  const packagesByText = new Map<string, string[]>()
  for (const [folder, { version }] of shippedPackages(root)) {
    const text = licenceText(join(root, folder))
    const name = `${folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), name])
  }
  const added = ADDED.map(({ packages, file }) => section(packages, readFileSync(join(root, file), 'utf8').trim()))
  const sections = [...packagesByText].map(([text, packages]) => section([...new Set(packages)].join(', '), text))
  return [...sections.sort(), ...added].join('\n')
}

function section(packages: string, text: string): string {
  return `${'='.repeat(80)}\n${packages}\n${'='.repeat(80)}\n\n${text}\n`
}

function shippedPackages(root: string): [string, LockedPackage][] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  return Object.entries(lock.packages).filter(
    ([folder, locked]) =>
      folder !== '' && !locked.dev && !locked.devOptional && !locked.optional && existsSync(join(root, folder)),
  )
}

/** Licence and notices as the package has them; without a file, what its manifest says. */
function licenceText(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => /^(licen[sc]es?|copying|notice)\b/i.test(name))
    .sort()
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
  if (texts.length > 0) return texts.join('\n\n')
  const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { license?: unknown }
  return `Licence: ${typeof license === 'string' ? license : 'see the package'}`
}
