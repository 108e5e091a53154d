import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { GIT_ENVIRONMENT } from './git.ts'

const run = promisify(execFile)

/** Fetches one commit into `directory` and checks it out detached, in the steps that actions/checkout takes. */
export async function checkOut(gitDir: string, sha: string, directory: string): Promise<void> {
  const url = pathToFileURL(gitDir).href
  const inside = (...args: string[]) => run('git', ['-C', directory, ...args], { env: GIT_ENVIRONMENT })
  await run('git', ['init', '--quiet', '--initial-branch=main', directory], { env: GIT_ENVIRONMENT })
  await inside('remote', 'add', 'origin', url)
  await inside('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', sha)
  await inside('checkout', '--quiet', '--force', '--detach', sha)
}
