import { withAncestors } from './paths.ts'

/**
 * Does a glob match the folder, or one above it? `*` stands for any characters of a name, `?` for one, `**` for any number
 * of folders; the repository's top is `.`. Takes time in the product of both lengths: a pull request can bring any glob.
 */
export function folderMatcher(globs: readonly string[]): (folder: string) => boolean {
  const patterns = globs.map(partsOf)
  return (folder) => {
    const paths = folder === '' ? ['.'] : withAncestors(folder).filter((above) => above !== '')
    return patterns.some((pattern) => paths.some((path) => matchesPath(pattern, path.split('/'))))
  }
}

/** A folder is not beneath itself, so `**` at the end needs a name. */
function partsOf(glob: string): string[] {
  const parts = glob.replace(/^\.\/(?=.)|(?<=.)\/+$/g, '').split('/')
  return parts.at(-1) === '**' ? [...parts, '*'] : parts
}

function matchesPath(pattern: readonly string[], names: readonly string[]): boolean {
  return matches(pattern, names, (part) => part === '**', matchesName)
}

function matchesName(pattern: string, name: string): boolean {
  return matches(
    [...pattern],
    [...name],
    (part) => part === '*',
    (part, character) => part === '?' || part === character,
  )
}

/**
 * Wildcard matching over any kind of part: at a mismatch, only the last wildcard before it has to take one more, because
 * what earlier ones took was as little as possible.
 */
function matches(
  pattern: readonly string[],
  text: readonly string[],
  isWild: (part: string) => boolean,
  isMatch: (part: string, piece: string) => boolean,
): boolean {
  let at = 0
  let wild: { pattern: number; text: number } | undefined
  for (let place = 0; place < text.length; ) {
    const part = pattern[at]
    if (part !== undefined && isWild(part)) {
      wild = { pattern: at++, text: place }
    } else if (part !== undefined && isMatch(part, text[place] ?? '')) {
      at++
      place++
    } else if (wild) {
      at = wild.pattern + 1
      place = ++wild.text
    } else return false
  }
  return pattern.slice(at).every(isWild)
}
