// Brings a part: Debian packages into the system, everything else into the lab's own cache.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execute } from './execute.ts'
import { cacheFolder, findPart } from './find.ts'
import { type PartName, parts, type Recipe } from './parts.ts'

export type Report = (line: string) => void

const progressEveryMs = 15_000

/** Whether parts are installed without being asked for: as root on Debian and its kin, and in CI. */
export function mayInstall(): boolean {
  return process.env['CI'] === 'true' || (process.getuid?.() === 0 && isDebian())
}

function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

/** Installs one part, whose `uses` are there. Throws an Error with the words of the program that failed. */
export async function installPart(name: PartName, report: Report): Promise<void> {
  const { recipe, estimate } = parts[name]
  if (recipe.kind === 'by-hand') throw new Error(`no package manager has ${name}`)
  await withProgress(`installing ${name}`, estimate, report, async () => {
    if (recipe.kind === 'apt') await installDebianPackage(recipe.package)
    else await fillCache(cacheFolder(name), (folder) => build(recipe, folder))
  })
}

/**
 * Fills a cache folder at once or not at all: it is made under another name, then renamed. Of two that fill it at the
 * same time, the first one's result stays.
 */
export async function fillCache(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const partial = mkdtempSync(`${folder}.partial-`)
  try {
    await make(partial)
    if (!existsSync(folder)) renameSync(partial, folder)
  } catch (error) {
    // Another one's rename may come between the look and ours.
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

async function installDebianPackage(name: string): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await execute('apt-get', ['update', '-q'], { env })
  await execute('apt-get', ['install', '-q', '-y', '--no-install-recommends', name], { env })
}

type CachedRecipe = Exclude<Recipe, { kind: 'apt' | 'by-hand' }>

async function build(recipe: CachedRecipe, folder: string): Promise<void> {
  const bin = join(folder, 'bin')
  if (recipe.kind === 'pip') {
    const pip = await programOf('pip')
    await execute(pip, ['install', '--quiet', '--target', folder, `${recipe.package}==${recipe.version}`])
    return
  }
  const go = await programOf('go')
  if (recipe.kind === 'go-install') {
    await execute(go, ['install', `${recipe.package}@${recipe.version}`], { env: { GOBIN: bin } })
    return
  }
  await buildModule(go, recipe, bin)
}

async function buildModule(go: string, recipe: Recipe & { kind: 'go-build' }, bin: string): Promise<void> {
  const { module, version, ldflags } = recipe
  const { Dir: source } = JSON.parse(await execute(go, ['mod', 'download', '-json', `${module}@${version}`]))
  const args = ['build', '-trimpath', '-ldflags', ldflags, '-o', `${bin}/`, recipe.package]
  await execute(go, args, { cwd: source, env: { CGO_ENABLED: '0' } })
}

async function programOf(name: PartName): Promise<string> {
  return (await findPart(name)) ?? parts[name].program
}

async function withProgress(what: string, estimate: number, report: Report, work: () => Promise<void>): Promise<void> {
  const startedAt = Date.now()
  const spent = (): string => minutes((Date.now() - startedAt) / 1000)
  report(`${what}: about ${minutes(estimate)}, once`)
  const timer = setInterval(() => report(`${what}: ${spent()} of about ${minutes(estimate)}`), progressEveryMs)
  try {
    await work()
    report(`${what}: done in ${spent()}`)
  } finally {
    clearInterval(timer)
  }
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
}
