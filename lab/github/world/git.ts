import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a path holds: text or bytes, a symbolic link, or null to delete it. */
export type FileContent = string | Buffer | { symlink: string } | null

/** Who signs a commit, and when. */
export interface Signature {
  name: string
  email: string
  date: Date
}

/** A commit as git stores it. */
export interface Commit {
  sha: string
  tree: string
  parents: string[]
  author: Signature
  committer: Signature
  message: string
}

/** One line of a tree; `size` is in bytes and only blobs have it. */
export interface TreeEntry {
  mode: string
  type: 'blob' | 'tree' | 'commit'
  sha: string
  size: number | null
  path: string
}

export const NO_COMMIT = '0'.repeat(40)
const MAX_OUTPUT = 256 * 1024 * 1024

/** git's environment: the machine's own configuration must not change what a test sees. */
export const GIT_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
}

interface GitOptions {
  input?: string | Buffer
  env?: Record<string, string>
}

/** Runs git on a bare repository and returns its standard output. Throws on a non-zero exit. */
export function gitBytes(gitDir: string, args: string[], { input = '', env = {} }: GitOptions = {}): Buffer {
  return execFileSync('git', ['--git-dir', gitDir, ...args], {
    input,
    env: { ...GIT_ENVIRONMENT, ...env },
    maxBuffer: MAX_OUTPUT,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** `gitBytes` as text without the last line break. */
export function git(gitDir: string, args: string[], options?: GitOptions): string {
  return gitBytes(gitDir, args, options).toString('utf8').replace(/\n$/, '')
}

/** `git`, with null for a non-zero exit. */
export function gitOrNull(gitDir: string, args: string[], options?: GitOptions): string | null {
  try {
    return git(gitDir, args, options)
  } catch {
    return null
  }
}

/** Makes an empty bare repository that lets any commit be fetched by its SHA, as GitHub does. */
export function initBare(gitDir: string, defaultBranch: string): void {
  mkdirSync(gitDir, { recursive: true })
  git(gitDir, ['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`])
  appendFileSync(join(gitDir, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n')
}

/** The commit that a branch, tag, full ref or SHA names, or null. */
export function resolveCommit(gitDir: string, ref: string): string | null {
  return gitOrNull(gitDir, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
}

/**
 * A branch's newest commit, or null. The loose file is read first: every change asks for tips several times, and a
 * process for each would be most of the time of a test.
 */
export function branchTip(gitDir: string, branch: string): string | null {
  const ref = `refs/heads/${branch}`
  try {
    return readFileSync(join(gitDir, ref), 'utf8').trim()
  } catch {
    return resolveCommit(gitDir, ref)
  }
}

/** Points a ref, made if needed, at a commit. */
export function updateRef(gitDir: string, ref: string, sha: string): void {
  git(gitDir, ['update-ref', ref, sha])
}

export function isAncestor(gitDir: string, ancestor: string, descendant: string): boolean {
  return gitOrNull(gitDir, ['merge-base', '--is-ancestor', ancestor, descendant]) !== null
}

/** The SHAs that `range` reaches, oldest first; `limit` keeps the newest ones. */
export function listCommits(gitDir: string, range: string, limit?: number): string[] {
  const most = limit === undefined ? [] : [`--max-count=${limit}`]
  const shas = git(gitDir, ['rev-list', '--topo-order', ...most, range])
  return shas === '' ? [] : shas.split('\n').reverse()
}

function data(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')])
}

function fileCommand(path: string, content: FileContent): Buffer {
  const quoted = `"${path.replace(/[\\"]/g, '\\$&')}"`
  if (content === null) return Buffer.from(`D ${quoted}\n`)
  const isLink = typeof content === 'object' && 'symlink' in content
  const header = Buffer.from(`M ${isLink ? '120000' : '100644'} inline ${quoted}\n`)
  return Buffer.concat([header, data(isLink ? content.symlink : content)])
}

function gitIdentity({ name, email, date }: Signature): string {
  return `${name} <${email}> ${date.getTime() / 1000} +0000`
}

interface NewCommit {
  ref: string
  parent: string | null
  files: Record<string, FileContent>
  message: string
  author: Signature
}

/** Writes a commit with `files` changed on top of `parent`, points `ref` at it, and returns its SHA. */
export function commitFiles(gitDir: string, { ref, parent, files, message, author }: NewCommit): string {
  const identity = gitIdentity(author)
  const stream = Buffer.concat([
    Buffer.from(`commit ${ref}\nmark :1\nauthor ${identity}\ncommitter ${identity}\n`),
    data(message),
    Buffer.from(parent === null ? '' : `from ${parent}\n`),
    ...Object.entries(files).map(([path, content]) => fileCommand(path, content)),
    Buffer.from('\nget-mark :1\n'),
  ])
  return git(gitDir, ['fast-import', '--quiet', '--force', '--date-format=raw'], { input: stream })
}

/** Writes a commit of a ready tree without moving any ref, and returns its SHA. */
export function commitTree(gitDir: string, commit: Omit<Commit, 'sha'>): string {
  const { tree, parents, message, author, committer } = commit
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: `${author.date.getTime() / 1000} +0000`,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: `${committer.date.getTime() / 1000} +0000`,
  }
  return git(gitDir, ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], { input: message, env })
}

function parseSignature(line: string): Signature {
  const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+) [+-]\d{4}$/.exec(line) ?? []
  return { name, email, date: new Date(Number(seconds) * 1000) }
}

const commits = new Map<string, Commit>()

/** Reads one commit, from memory the second time: an SHA never means another. Throws when there is no such commit. */
export function readCommit(gitDir: string, sha: string): Commit {
  const known = commits.get(sha) ?? parseCommit(gitDir, sha)
  commits.set(sha, known)
  return known
}

function parseCommit(gitDir: string, sha: string): Commit {
  const text = gitBytes(gitDir, ['cat-file', 'commit', sha]).toString('utf8')
  const end = text.indexOf('\n\n')
  const headers = text.slice(0, end).split('\n')
  const values = (key: string) =>
    headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1))
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseSignature(values('author')[0] ?? ''),
    committer: parseSignature(values('committer')[0] ?? ''),
    message: text.slice(end + 2).replace(/\n$/, ''),
  }
}

/** Lists a tree, `recursive` with everything below it. */
export function listTree(gitDir: string, tree: string, recursive: boolean): TreeEntry[] {
  const options = recursive ? ['-r', '-t'] : []
  const output = git(gitDir, ['ls-tree', '-z', '--long', ...options, tree])
  const lines = output.split('\0').filter((line) => line !== '')
  return lines.map((line) => {
    const [info = '', path = ''] = line.split(/\t(.*)/s)
    const [mode = '', type = '', sha = '', size = '-'] = info.split(/ +/)
    return { mode, type: type as TreeEntry['type'], sha, size: size === '-' ? null : Number(size), path }
  })
}
