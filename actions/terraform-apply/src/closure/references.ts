import { lstat, readFile, realpath } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { isInside } from './files.ts'

/** A path that leads upwards, as far as the text itself says it. */
export interface Reference {
  /** Divided by `/`, without the interpolation that may follow. */
  path: string
  /** What it starts at: the folder of its file, the root's, or whichever of the two has it. */
  from: 'module' | 'root' | 'either'
}

/** Absolute real paths within the repository that the configuration names. */
export interface NamedPlaces {
  files: string[]
  directories: string[]
}

const NAME = String.raw`[\p{L}\p{N}_@.+~-]`
const START = String.raw`(?:\$\{path\.(?<base>module|root|cwd)\}\/|(?<=\})\/|(?<!${NAME}|[\/}]))`
const PATH = String.raw`(?<path>(?:${NAME}+\/)*?\.\.(?:\/(?:${NAME}|\/)*)?)(?!${NAME})`
const CUT_OFF_BY = '(?=(?<cut>[^\\s"\'`),;:|&<>\\]}]?))'
const UPWARDS = new RegExp(START + PATH + CUT_OFF_BY, 'gu')

/** A whole line's comment names nothing that is read; in a here-document an interpolation would be. */
const COMMENT_LINE = /^[^\S\n]*(?:#|\/\/)(?!.*\$\{).*$/gm
const ESCAPED_BLANK = /\\[nrt"]/g

/**
 * The upward paths in one configuration file's text: in `file("../x")` or `templatefile`, after `${path.module}/` and its
 * like, in the command of a provisioner. A path that an interpolation (or a pattern) cuts off in the midst of a name
 * stands for the folder before it: `"../config/app-${var.env}.yaml"` names `../config`.
 */
export function findReferences(text: string): Reference[] {
  const read = text.replaceAll(COMMENT_LINE, '').replaceAll(ESCAPED_BLANK, ' ')
  return [...read.matchAll(UPWARDS)].map(({ groups = {} }) => {
    const { base = '', path = '', cut } = groups
    const whole = cut === '' || path.endsWith('..')
    return { path: whole ? path : path.slice(0, path.lastIndexOf('/')), from: FROM[base] ?? 'either' }
  })
}

/** `path.cwd` is where Terraform is started, which is the root. */
const FROM: Record<string, Reference['from']> = { module: 'module', root: 'root', cwd: 'root' }

/**
 * Files and folders of the repository that the configuration names by upward paths. A folder counts as a whole, and so
 * does the whole repository if that is what a path names.
 *
 * Passed over are paths that lead to nothing or out of the repository: Terraform would read what is there, but no review
 * covers it. A scan of the text can't see a path that an expression makes (`join("/", ["..", x])`, `abspath`, a value
 * from outside), a name with blanks, or what a script names in its turn. Of those, all that shows in the plan is still
 * compared, because the plan is made from them.
 */
export async function namedPlaces(files: readonly string[], root: string, repository: string): Promise<NamedPlaces> {
  const named = { files: new Set<string>(), directories: new Set<string>() }
  for (const path of await namedPaths(files, root)) {
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined || !isInside(real, repository) || isHistory(real, repository)) continue
    const stat = await lstat(real)
    if (stat.isFile()) named.files.add(real)
    else if (stat.isDirectory()) named.directories.add(real)
    const link = real === path ? undefined : await firstLink(path, repository)
    if (link !== undefined) named.files.add(link)
  }
  return { files: [...named.files], directories: [...named.directories] }
}

async function namedPaths(files: readonly string[], root: string): Promise<Set<string>> {
  const paths = new Set<string>()
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '')
    const bases = { module: [dirname(file)], root: [root], either: [dirname(file), root] }
    for (const { path, from } of findReferences(text)) for (const base of bases[from]) paths.add(resolve(base, path))
  }
  return paths
}

/** `file("../.git/HEAD")` reads what every checkout has otherwise. */
function isHistory(path: string, repository: string): boolean {
  return relative(repository, path).split(sep).includes('.git')
}

/** The link by which a path gets elsewhere counts as well, since it may be turned. */
async function firstLink(path: string, repository: string): Promise<string | undefined> {
  if (!isInside(path, repository)) return undefined
  let place = repository
  for (const name of relative(repository, path).split(sep)) {
    place = join(place, name)
    if ((await lstat(place)).isSymbolicLink()) return place
  }
  return undefined
}
