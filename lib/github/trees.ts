import type { GitHub } from './client.ts'

export interface TreeFile {
  /** Relative to the repository's top, divided by `/`. */
  path: string
  /** Git's file mode; `120000` is a symbolic link, `160000` a submodule. */
  mode: string
  /** Git's object id (SHA-1 of the blob; of the commit for a submodule). */
  sha: string
}

/**
 * Every file beneath `directory` (`''` for the whole repository) in `commit`; empty when there is no such directory.
 * GitHub cuts a recursive listing at 100,000 entries, so a cut one is read folder by folder.
 */
export async function listTree(github: GitHub, commit: string, directory: string): Promise<TreeFile[]> {
  const { data } = await github.rest.git.getCommit({ ...github.repository, commit_sha: commit })
  let tree: string | undefined = data.tree.sha
  for (const name of directory.split('/').filter((part) => part !== '')) {
    const entry: Entry | undefined =
      tree === undefined ? undefined : (await entriesOf(github, tree)).find(({ path }) => path === name)
    tree = entry?.type === 'tree' ? entry.sha : undefined
  }
  return tree === undefined ? [] : filesBeneath(github, tree, directory === '' ? '' : `${directory}/`)
}

interface Entry {
  path: string
  mode: string
  type: string
  sha: string
}

async function entriesOf(github: GitHub, tree: string): Promise<Entry[]> {
  const { data } = await github.rest.git.getTree({ ...github.repository, tree_sha: tree })
  return data.tree.map(complete)
}

async function filesBeneath(github: GitHub, tree: string, prefix: string): Promise<TreeFile[]> {
  const { data } = await github.rest.git.getTree({ ...github.repository, tree_sha: tree, recursive: 'true' })
  if (!data.truncated)
    return data.tree
      .map(complete)
      .filter(isFile)
      .map((entry) => asFile(entry, prefix))
  const entries = await entriesOf(github, tree)
  const inner: TreeFile[] = []
  for (const entry of entries.filter(({ type }) => type === 'tree')) {
    inner.push(...(await filesBeneath(github, entry.sha, `${prefix}${entry.path}/`)))
  }
  return [...entries.filter(isFile).map((entry) => asFile(entry, prefix)), ...inner]
}

function complete({ path = '', mode = '', type = '', sha = '' }: Partial<Entry>): Entry {
  return { path, mode, type, sha }
}

function isFile({ type }: Entry): boolean {
  return type !== 'tree'
}

function asFile({ path, mode, sha }: Entry, prefix: string): TreeFile {
  return { path: prefix + path, mode, sha }
}
