import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Command, ProcessRunner } from '../process/run.ts'

/** The program's path, looked up as a shell would; `undefined` when it isn't there. */
export function findOnPath(program: string): string | undefined {
  const name = process.platform === 'win32' ? `${program}.exe` : program
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** What a program says of its version; `undefined` when it fails or says nothing that `pattern`'s first group matches. */
export async function programVersion(
  processes: ProcessRunner,
  command: Command,
  pattern: RegExp,
): Promise<string | undefined> {
  const { code, stdout } = await processes.run(command)
  return code === 0 ? pattern.exec(stdout)?.[1] : undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
