import { lstat, readlink, realpath } from 'node:fs/promises'
import { isInside } from './files.ts'

/** What symbolic links lead to: absolute files, and the folders that count as a whole. */
export interface Linked {
  files: string[]
  directories: string[]
  /** Links that leave the repository, with what they name. */
  leadingOut: { link: string; target: string }[]
}

/**
 * Follows the links among `files`, and those within linked folders, each once, because links may lead in a circle. A
 * dangling one leads to nothing. `repository` is its real path; `list` gives the files of a linked folder.
 */
export async function followLinks(
  files: readonly string[],
  repository: string,
  list: (directory: string) => Promise<string[]>,
): Promise<Linked> {
  const linked: Linked = { files: [], directories: [], leadingOut: [] }
  const seen = new Set<string>()
  const pending = [...files]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const real = (await lstat(file)).isSymbolicLink() ? await realpath(file).catch(() => undefined) : undefined
    if (real === undefined || seen.has(real)) continue
    seen.add(real)
    if (!isInside(real, repository)) linked.leadingOut.push({ link: file, target: await readlink(file) })
    else if ((await lstat(real)).isFile()) linked.files.push(real)
    else {
      const inner = await list(real)
      linked.directories.push(real)
      linked.files.push(...inner)
      pending.push(...inner)
    }
  }
  return linked
}
