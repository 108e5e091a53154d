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
export async function gitIgnored(
  processes: ProcessRunner,
  repository: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set()
  try {
    const exit = await processes.run({
      file: 'git',
      args: ['-c', `safe.directory=${repository}`, 'check-ignore', '-z', '--stdin'],
      cwd: repository,
      stdin: `${paths.join('\0')}\0`,
      captureBytes: 64 * 1024 * 1024,
    })
    return exit.code === 0 ? new Set(exit.stdout.split('\0').filter((path) => path !== '')) : new Set()
  } catch (error) {
    if (error instanceof NotRunnableError) return new Set()
    throw error
  }
}
