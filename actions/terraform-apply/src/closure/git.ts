import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { NotRunnableError, type ProcessRunner } from '../../../../lib/process/run.ts'

/** The top of the checkout that `directory` lies in: the nearest folder with a `.git`, else the workspace. */
export function repositoryTop(directory: string, workspace: string): string {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (folder === dirname(folder)) return resolve(workspace)
  }
}

/**
 * Which of the paths does Git ignore? None, when Git isn't there or this is no checkout of Git's (actions/checkout
 * downloads an archive then).
 */
export function gitIgnored(
  processes: ProcessRunner,
  repository: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return Promise.resolve(new Set())
  return listedPaths(processes, repository, ['check-ignore', '-z', '--stdin'], `${paths.join('\0')}\0`)
}

/**
 * Which files does Git track beneath these folders, or among these files? All relative to the repository, `''` being its
 * top. None, when Git isn't there or this is no checkout of Git's.
 */
export function gitTracked(
  processes: ProcessRunner,
  repository: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return Promise.resolve(new Set())
  const wanted = paths.map((path) => path || '.')
  return listedPaths(processes, repository, ['--literal-pathspecs', 'ls-files', '-z', '--', ...wanted], '')
}

async function listedPaths(
  processes: ProcessRunner,
  repository: string,
  args: readonly string[],
  stdin: string,
): Promise<ReadonlySet<string>> {
  try {
    const exit = await processes.run({
      file: 'git',
      args: ['-c', `safe.directory=${repository}`, ...args],
      cwd: repository,
      stdin,
      captureBytes: 64 * 1024 * 1024,
    })
    return exit.code === 0 ? new Set(exit.stdout.split('\0').filter((path) => path !== '')) : new Set()
  } catch (error) {
    if (error instanceof NotRunnableError) return new Set()
    throw error
  }
}
