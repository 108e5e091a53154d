// Database servers refuse to run as root.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { execute } from '../provision/execute.ts'

export interface User {
  uid?: number
  gid?: number
}

/** Whom a server runs as: `nobody` of every Linux instead of root, else the one who starts it. */
export function serverUser(): User {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
}

export function startServer(
  file: string,
  args: readonly string[],
  cwd: string,
): { child: ChildProcess; ended: Promise<unknown> } {
  const child = spawn(file, args, { ...serverUser(), cwd, stdio: 'ignore' })
  return { child, ended: once(child, 'exit') }
}

/**
 * Where the server's user can read what lies in `folder`: there, or in a copy named `copy`. Root's home, with the lab's own
 * copies in it, is closed to everybody else.
 */
export async function readableBy({ uid }: User, folder: string, copy: string): Promise<string> {
  if (uid === undefined || (await isOpen(folder, uid))) return folder
  // Links take neither time nor room; across file systems there are none.
  await execute('cp', ['--archive', '--link', folder, copy]).catch(() => execute('cp', ['--archive', folder, copy]))
  chmodSync(copy, 0o755)
  return copy
}

async function isOpen(folder: string, uid: number): Promise<boolean> {
  try {
    await execute('ls', [folder], { uid, gid: uid, cwd: '/' })
    return true
  } catch {
    return false
  }
}
