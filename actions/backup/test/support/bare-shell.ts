import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What a rescue system has: age, zstd, tar, and the small programs of every distribution. */
const PROGRAMS = ['age', 'zstd', 'tar', 'sha256sum', 'cp', 'mkdir', 'rm', 'xargs', 'sed', 'cat', 'tr', 'paste']

export interface Followed {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs commands in one bash that finds those programs alone, and the ones that are named by their paths. */
export function runBare(
  commands: string,
  { folder, programs = [], env = {} }: { folder: string; programs?: readonly string[]; env?: Record<string, string> },
): Followed {
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  for (const path of [...PROGRAMS.map(pathOf), ...programs]) {
    const link = join(bin, path.split('/').at(-1) ?? '')
    if (!existsSync(link)) symlinkSync(path, link)
  }
  const { status, stdout, stderr } = spawnSync(pathOf('bash'), ['-s'], {
    cwd: folder,
    env: { PATH: bin, ...env },
    input: commands,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

export function pathOf(program: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim()
}

/** The blocks of shell commands in a Markdown text, in order. */
export function shellBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines = '']) => lines)
}

/** Type, mode, owner, times, names, links and content of everything below a folder. */
export function contentOf(root: string): string {
  // A folder's size is its file system's affair.
  const list = execFileSync(
    'find',
    ['.', '(', '-type', 'd', '-printf', '%p d %m %U:%G %T@\\0', ')', '-o', '-printf', '%p %y %m %U:%G %T@ %n %s %l\\0'],
    { cwd: root },
  )
  const sums = execFileSync('sh', ['-c', 'find . -type f -print0 | sort -z | xargs -0 -r sha256sum'], { cwd: root })
  return list.toString('latin1').split('\0').sort().join('\n') + sums.toString('latin1')
}
