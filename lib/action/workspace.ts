import { statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { invalidInput } from './errors.ts'

/** The absolute path of an input's path, which must not lead out of the workspace. Throws `invalid-input`. */
export function insideWorkspace(input: string, path: string, workspace: string): string {
  const directory = resolve(workspace, path)
  const away = relative(workspace, directory)
  if (away === '..' || away.startsWith(`..${sep}`) || isAbsolute(away)) {
    throw invalidInput(
      `The input ${input} is ${JSON.stringify(path)}, which leads out of the workspace; a path in it is allowed.`,
    )
  }
  return directory
}

/** As {@link insideWorkspace}, for a file that is to be written: a folder is refused. `undefined` stays so. */
export function outputFile(input: string, path: string | undefined, workspace: string): string | undefined {
  if (path === undefined) return undefined
  const file = insideWorkspace(input, path, workspace)
  if (!statSync(file, { throwIfNoEntry: false })?.isDirectory()) return file
  throw invalidInput(`The input ${input} is ${JSON.stringify(path)}, which is a folder; a file is needed.`)
}
