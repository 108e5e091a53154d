import { withAncestors } from './paths.ts'

/**
 * Does a glob match the folder, or one above it? `*` stands for any characters of a name, `?` for one, `**` for any number
 * of folders; the repository's top is `.`.
 */
export function folderMatcher(globs: readonly string[]): (folder: string) => boolean {
  const patterns = globs.map(patternOf)
  return (folder) => {
    const names = folder === '' ? ['.'] : withAncestors(folder).filter((above) => above !== '')
    return patterns.some((pattern) => names.some((name) => pattern.test(name)))
  }
}

const PARTS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }

function patternOf(glob: string): RegExp {
  const plain = glob.replace(/^\.\/(?=.)|(?<=.)\/+$/g, '')
  const source = plain.replace(/\*\*\/|\*\*|[\\^$.*+?()[\]{}|]/g, (special) => PARTS[special] ?? `\\${special}`)
  return new RegExp(`^${source}$`, 'su')
}
