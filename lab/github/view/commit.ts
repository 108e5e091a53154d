import { timestamp } from '../world/clock.ts'
import { diffTrees, type FileChange } from '../world/diff.ts'
import { type Commit, readCommit, type Signature } from '../world/git.ts'
import type { Repository } from '../world/repository.ts'
import { loginOf } from '../world/user.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { userJson } from './user.ts'

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null }

function signatureJson({ name, email, date }: Signature): Json {
  return { name, email, date: timestamp(date) }
}

function accountJson(repository: Repository, { email }: Signature): Json | null {
  const login = loginOf(email)
  return login === null ? null : userJson(repository.world.user(login), repository.world.urls)
}

/** The schema `commit`, as lists hold it. */
export function commitJson(repository: Repository, sha: string): Json {
  const commit = readCommit(repository.gitDir, sha)
  const api = apiOf(repository)
  const parents = commit.parents.map((parent) => ({
    sha: parent,
    url: `${api}/commits/${parent}`,
    html_url: `${pageOf(repository)}/commit/${parent}`,
  }))
  return {
    sha,
    node_id: nodeId('Commit', sha),
    commit: {
      author: signatureJson(commit.author),
      committer: signatureJson(commit.committer),
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${sha}`,
      comment_count: 0,
      verification: UNSIGNED,
    },
    url: `${api}/commits/${sha}`,
    html_url: `${pageOf(repository)}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    author: accountJson(repository, commit.author),
    committer: accountJson(repository, commit.committer),
    parents,
  }
}

function sum(changes: FileChange[], key: 'additions' | 'deletions'): number {
  return changes.reduce((total, change) => total + change[key], 0)
}

/** The totals of a list of changed files. */
export function changeTotals(changes: FileChange[]): { additions: number; deletions: number } {
  return { additions: sum(changes, 'additions'), deletions: sum(changes, 'deletions') }
}

/** The schema `commit` with its files and totals, as a single one comes. */
export function fullCommitJson(repository: Repository, sha: string): Json {
  const [parent = null] = readCommit(repository.gitDir, sha).parents
  const changes = diffTrees(repository.gitDir, parent, sha)
  const totals = changeTotals(changes)
  const stats = { ...totals, total: totals.additions + totals.deletions }
  return { ...commitJson(repository, sha), stats, files: changes.map((change) => fileJson(repository, sha, change)) }
}

/** The schema `diff-entry`; `sha` is the commit that the links lead to. */
export function fileJson(repository: Repository, sha: string, change: FileChange): Json {
  const path = encodeURIComponent(change.filename)
  return {
    sha: change.sha,
    filename: change.filename,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: `${pageOf(repository)}/blob/${sha}/${path}`,
    raw_url: `${pageOf(repository)}/raw/${sha}/${path}`,
    contents_url: `${apiOf(repository)}/contents/${path}?ref=${sha}`,
    ...(change.patch === null ? {} : { patch: change.patch }),
    ...(change.previousFilename === null ? {} : { previous_filename: change.previousFilename }),
  }
}

/** The schema `git-commit`. */
export function gitCommitJson(repository: Repository, sha: string): Json {
  const commit = readCommit(repository.gitDir, sha)
  const link = (id: string) => ({ url: `${apiOf(repository)}/git/commits/${id}` })
  const page = (id: string) => ({ html_url: `${pageOf(repository)}/commit/${id}` })
  return {
    sha,
    node_id: nodeId('Commit', sha),
    ...link(sha),
    ...page(sha),
    author: signatureJson(commit.author),
    committer: signatureJson(commit.committer),
    message: commit.message,
    tree: { sha: commit.tree, url: `${apiOf(repository)}/git/trees/${commit.tree}` },
    parents: commit.parents.map((parent) => ({ sha: parent, ...link(parent), ...page(parent) })),
    verification: UNSIGNED,
  }
}

/** The schema `simple-commit`, which runs and webhooks hold. */
export function simpleCommitJson({ sha, tree, message, author, committer }: Commit): Json {
  return {
    id: sha,
    tree_id: tree,
    message,
    timestamp: timestamp(committer.date),
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  }
}
