import { blobJson, entryJson, fileContentJson, readBlob, treeJson } from '../view/content.ts'
import { git, gitOrNull, listTree, resolveCommit, type TreeEntry } from '../world/git.ts'
import type { Repository } from '../world/repository.ts'
import { type Call, notFound, ok, type Reply, type Route, repositoryOf } from './route.ts'

function isRaw({ accept }: Call): boolean {
  return /application\/vnd\.github(\.v3)?\.raw/.test(accept)
}

function raw(repository: Repository, sha: string): Reply {
  const content = readBlob(repository, sha)
  return { status: 200, bytes: { type: 'application/vnd.github.raw+json; charset=utf-8', content } }
}

function objectType(repository: Repository, sha: string): string | null {
  return gitOrNull(repository.gitDir, ['cat-file', '-t', sha])
}

function blob(call: Call): Reply {
  const repository = repositoryOf(call)
  const sha = call.params['file_sha'] ?? ''
  if (!/^[0-9a-f]{40}$/.test(sha) || objectType(repository, sha) !== 'blob') throw notFound()
  return isRaw(call) ? raw(repository, sha) : ok(blobJson(repository, sha))
}

/** GitHub takes a commit or a ref as well as a tree's own SHA. */
function tree(call: Call): Reply {
  const repository = repositoryOf(call)
  const wanted = call.params['tree_sha'] ?? ''
  const sha = gitOrNull(repository.gitDir, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${wanted}^{tree}`])
  if (sha === null) throw notFound()
  const entries = listTree(repository.gitDir, sha, call.query.has('recursive'))
  return ok(treeJson(repository, sha, entries))
}

function findEntry(repository: Repository, commit: string, path: string): TreeEntry {
  const output = git(repository.gitDir, ['ls-tree', '-z', '--long', commit, '--', path])
  const entry = output === '' ? undefined : listTree(repository.gitDir, commit, true).find((item) => item.path === path)
  if (entry === undefined) throw notFound()
  return entry
}

function directory(repository: Repository, commit: string, path: string): Reply {
  const entries = listTree(repository.gitDir, path === '' ? commit : `${commit}:${path}`, false)
  const prefix = path === '' ? '' : `${path}/`
  return ok(entries.map((entry) => entryJson(repository, commit, `${prefix}${entry.path}`, entry)))
}

function contents(call: Call): Reply {
  const repository = repositoryOf(call)
  const ref = call.query.get('ref') ?? repository.defaultBranch
  const commit = resolveCommit(repository.gitDir, ref)
  if (commit === null) throw notFound(`No commit found for the ref ${ref}`)
  const path = (call.params['path'] ?? '').replace(/\/$/, '')
  if (path === '') return directory(repository, commit, '')
  const entry = findEntry(repository, commit, path)
  if (entry.type === 'tree') return directory(repository, commit, path)
  return isRaw(call) ? raw(repository, entry.sha) : ok(fileContentJson(repository, commit, path, entry))
}

export const contentRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}', needs: ['contents:read'], handle: blob },
  { operation: 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}', needs: ['contents:read'], handle: tree },
  { operation: 'GET /repos/{owner}/{repo}/contents/{path}', needs: ['contents:read'], handle: contents },
]
