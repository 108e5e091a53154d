// One place that brings what the lab needs: `npm run lab -- [part …]`; `npm test` and `npm run demo` call it.
import { argv, exit, stdout } from 'node:process'
import { findPart } from './find.ts'
import { installPart, mayInstall, type Report } from './install.ts'
import { commandFor, type PartName, partNames, parts } from './parts.ts'

export { findPart } from './find.ts'
export { commandFor, type PartName, partNames, parts } from './parts.ts'

export type Provisioned =
  | { kind: 'present'; path: string }
  /** `command` is what a person types to bring it */
  | { kind: 'missing'; command: string; why: string }

export interface ProvisionOptions {
  /** Whether to install what is missing; by default only as root on Debian and its kin, and in CI */
  install?: boolean
  report?: Report
}

/**
 * Looks for parts, and installs what is missing where that is allowed. Never throws: what can't be had is `missing`, with
 * the reason and the command.
 */
export async function provision<Name extends PartName>(
  names: readonly Name[],
  options: ProvisionOptions = {},
): Promise<Record<Name, Provisioned>> {
  const { install = mayInstall(), report = (line) => stdout.write(`${line}\n`) } = options
  const results: [Name, Provisioned][] = []
  for (const name of names) results.push([name, await bring(name, install, report)])
  return Object.fromEntries(results) as Record<Name, Provisioned>
}

async function bring(name: PartName, install: boolean, report: Report): Promise<Provisioned> {
  const path = await findPart(name)
  if (path !== undefined) return { kind: 'present', path }
  if (!install) return missing(name, `${name} isn't there (needed for ${parts[name].neededFor})`)
  for (const used of parts[name].uses) {
    const found = await bring(used, install, report)
    if (found.kind === 'missing') return found
  }
  try {
    await installPart(name, report)
  } catch (error) {
    return missing(name, error instanceof Error ? error.message : String(error))
  }
  const installed = await findPart(name)
  if (installed !== undefined) return { kind: 'present', path: installed }
  return missing(
    name,
    `${name} was installed, but in no version that will do (${parts[name].onPath?.minimum} or newer)`,
  )
}

function missing(name: PartName, why: string): Provisioned {
  return { kind: 'missing', command: commandFor(name), why }
}

if (import.meta.main && argv[2] === 'cluster') {
  // Not awaited: what it imports waits for this module.
  import('../cluster/commands.ts').then(async ({ clusterCommand }) => exit(await clusterCommand(argv.slice(3))))
} else if (import.meta.main) {
  const unknown = argv.slice(2).find((name) => !partNames.includes(name as PartName))
  if (unknown !== undefined) {
    stdout.write(`There is no part "${unknown}"; the parts are ${partNames.join(', ')}.\n`)
    exit(2)
  }
  const wanted = argv.length > 2 ? (argv.slice(2) as PartName[]) : partNames
  const results = await provision(wanted, { install: true })
  for (const [name, result] of Object.entries(results)) {
    stdout.write(`${name}: ${result.kind === 'present' ? result.path : `missing. ${result.why}`}\n`)
  }
  exit(Object.values(results).some(({ kind }) => kind === 'missing') ? 1 : 0)
}
