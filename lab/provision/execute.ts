// Runs a program to its end, with its last words for an error.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Execution {
  cwd?: string
  env?: Readonly<Record<string, string>>
  /** Another user to run as; only root may */
  uid?: number
  gid?: number
}

const keptCharacters = 4000

/**
 * @returns what the program wrote to its standard output
 * @throws Error with the end of what it wrote, when it can't be started or exits with another code than 0
 */
export async function execute(
  file: string,
  args: readonly string[],
  { env, ...options }: Execution = {},
): Promise<string> {
  const child = spawn(file, args, {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let said = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text
    said = (said + text).slice(-keptCharacters)
  })
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-keptCharacters)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} failed: ${said.trim()}`)
  return output
}
