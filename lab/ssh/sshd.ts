// A real sshd on loopback with throwaway keys, for tests and the demo.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { execute } from '../provision/execute.ts'

export interface Sshd {
  host: string
  port: number
  /** The user who runs it; nobody else can log in. */
  user: string
  /** Content of the private key that it lets in. */
  key: string
  /** Its line of a known_hosts file. */
  knownHosts: string
  /** Ends the connections that stand, as when a network breaks; Linux only. */
  breakConnections(): void
  /** Ends it and removes its folder. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** Where sshd of Debian and its kin locks itself in before a login; made by the service that isn't started here. */
const SEPARATION_FOLDER = '/run/sshd'

/**
 * Starts it; it answers when this resolves.
 *
 * @param program absolute path: sshd starts itself anew for each connection
 */
export async function startSshd(program: string): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-sshd-'))
  const forget = separationFolder()
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true })
    forget()
  }
  try {
    const [port, key, hostKey] = [await freePort(), await makeKey(folder, 'key'), await makeKey(folder, 'host')]
    writeFileSync(join(folder, 'config'), configuration(folder, port))
    const server = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(server, 'close')
    const said: Buffer[] = []
    server.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    const breakConnections = (): void => killChildren(server.pid)
    const close = async (): Promise<void> => {
      breakConnections()
      server.kill()
      await ended
      remove()
    }
    await Promise.race([answers(port), ended]).catch(() => undefined)
    if (server.exitCode !== null) throw new Error(`sshd didn't start: ${Buffer.concat(said).toString().trim()}`)
    const knownHosts = `[${HOST}]:${port} ${hostKey.public}`
    return { host: HOST, port, user: userInfo().username, key: key.private, knownHosts, breakConnections, close }
  } catch (error) {
    remove()
    throw error
  }
}

function configuration(folder: string, port: number): string {
  return `ListenAddress ${HOST}
Port ${port}
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'key.pub')}
PidFile none
StrictModes no
UsePAM no
AuthenticationMethods publickey
PermitRootLogin prohibit-password
`
}

async function makeKey(folder: string, name: string): Promise<{ private: string; public: string }> {
  const path = join(folder, name)
  await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', path])
  return { private: readFileSync(path, 'utf8'), public: readFileSync(`${path}.pub`, 'utf8') }
}

/** Only root's sshd wants it. The returned function takes away what wasn't there before. */
function separationFolder(): () => void {
  if (process.getuid?.() !== 0 || existsSync(SEPARATION_FOLDER)) return () => undefined
  mkdirSync(SEPARATION_FOLDER, { mode: 0o755, recursive: true })
  return () => {
    try {
      rmdirSync(SEPARATION_FOLDER)
    } catch {
      // Another one that still runs has taken it away already, or will.
    }
  }
}

/** Each connection is a process of its own. */
function killChildren(pid: number | undefined): void {
  const file = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(file)) return
  for (const child of readFileSync(file, 'utf8').split(' ').map(Number)) if (child > 0) process.kill(child)
}

async function answers(port: number): Promise<void> {
  for (let attempt = 1; !(await accepts(port)); attempt++) {
    if (attempt === 200) throw new Error('sshd did not answer within 10 s')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    socket.once('error', () => resolve(false))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
