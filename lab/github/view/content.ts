import { gitBytes, type TreeEntry } from '../world/git.ts'
import type { Repository } from '../world/repository.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'

/** Over this size (bytes) GitHub leaves the content out of the JSON; only the raw media type gives it. */
const INLINE_LIMIT = 1024 * 1024

/** A blob's bytes. */
export function readBlob(repository: Repository, sha: string): Buffer {
  return gitBytes(repository.gitDir, ['cat-file', 'blob', sha])
}

/** Base 64 in lines of 60, as GitHub breaks it. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{1,60}/g, '$&\n')
}

/** The schema `blob`. */
export function blobJson(repository: Repository, sha: string): Json {
  const bytes = readBlob(repository, sha)
  const url = `${apiOf(repository)}/git/blobs/${sha}`
  return { sha, node_id: nodeId('Blob', sha), size: bytes.length, url, content: base64(bytes), encoding: 'base64' }
}

/** The schema `git-tree`. */
export function treeJson(repository: Repository, sha: string, entries: TreeEntry[]): Json {
  const api = `${apiOf(repository)}/git`
  const tree = entries.map(({ path, mode, type, sha: id, size }) => ({
    path,
    mode,
    type,
    sha: id,
    ...(size === null ? {} : { size }),
    url: `${api}/${type}s/${id}`,
  }))
  return { sha, url: `${api}/trees/${sha}`, tree, truncated: false }
}

function kindOf({ type, mode }: TreeEntry): string {
  if (type === 'tree') return 'dir'
  if (type === 'commit') return 'submodule'
  return mode === '120000' ? 'symlink' : 'file'
}

/** One entry of the schema `content-directory`; `path` is from the repository's root, `ref` the commit. */
export function entryJson(repository: Repository, ref: string, path: string, entry: TreeEntry): Json {
  const kind = kindOf(entry)
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  const url = `${apiOf(repository)}/contents/${encoded}?ref=${ref}`
  const gitUrl = `${apiOf(repository)}/git/${kind === 'dir' ? 'trees' : 'blobs'}/${entry.sha}`
  const page = `${pageOf(repository)}/${kind === 'dir' ? 'tree' : 'blob'}/${ref}/${encoded}`
  return {
    name: path.split('/').at(-1),
    path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url: kind === 'dir' ? null : `${pageOf(repository)}/raw/${ref}/${encoded}`,
    type: kind,
    _links: { self: url, git: gitUrl, html: page },
  }
}

/** The schema `content-file`, or `content-symlink` for a link. */
export function fileContentJson(repository: Repository, ref: string, path: string, entry: TreeEntry): Json {
  const json = entryJson(repository, ref, path, entry)
  const bytes = readBlob(repository, entry.sha)
  if (json['type'] === 'symlink') return { ...json, target: bytes.toString('utf8') }
  if (bytes.length > INLINE_LIMIT) return { ...json, content: '', encoding: 'none' }
  return { ...json, content: base64(bytes), encoding: 'base64' }
}
