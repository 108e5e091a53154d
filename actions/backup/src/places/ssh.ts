import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupError } from '../failure.ts'
import type { Location } from '../sources/source.ts'
import { startChild } from './child.ts'
import { type Cause, explainBy } from './explain.ts'
import { quote } from './quote.ts'
import { notStarted, type Transport } from './remote.ts'
import { BOOTSTRAP } from './script.ts'

export type SshLocation = Location & { kind: 'ssh' | 'ssm' }

/** Paths of what ssh needs; absent means its own defaults. */
export interface SshFiles {
  key: string | undefined
  knownHosts: string | undefined
  /** Socket through which all programs share one connection. */
  control: string
}

const CONNECT_SECONDS = 20
/** For all of it, logging in included. */
const OPEN_MS = 60_000

/** Arguments of ssh up to the remote command. Host keys are always checked, and nobody is ever asked for anything. */
export function sshArgs(location: SshLocation, files: SshFiles, master: 'yes' | 'no'): [string, ...string[]] {
  const { user } = location
  const port = location.kind === 'ssh' ? location.port : undefined
  const settings = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    ...(files.knownHosts === undefined ? {} : { UserKnownHostsFile: configured(files.knownHosts) }),
    ...(files.knownHosts === undefined ? {} : { GlobalKnownHostsFile: '/dev/null' }),
    ...(files.key === undefined ? {} : { IdentityFile: configured(files.key), IdentitiesOnly: 'yes' }),
    ...(location.kind === 'ssm' ? { ProxyCommand: SSM_PROXY } : {}),
    ControlMaster: master,
    ControlPersist: 'no',
    ControlPath: configured(files.control),
    ConnectTimeout: String(CONNECT_SECONDS),
    ServerAliveInterval: '15',
    ServerAliveCountMax: '4',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    LogLevel: 'ERROR',
  }
  return [
    'ssh',
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    location.kind === 'ssh' ? location.host : location.instance,
  ]
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-enable-ssh-connections.html */
const SSM_PROXY = 'aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p'

/** ssh_config(5): quotes hold words together, and a percent sign begins a token. */
function configured(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}

/**
 * Opens one connection, over which every program then has a session of its own.
 *
 * @param given contents of the private key and of a known_hosts file; absent means those that ssh finds by itself
 * @param scratch a folder of 0700 for them
 * @throws BackupError `source-failed` with what to do: unknown host key, key refused, unreachable
 */
export async function openSsh(
  name: string,
  location: SshLocation,
  given: { sshKey?: string | undefined; knownHosts?: string | undefined; scratch: string },
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const folder = shortFolder(given.scratch)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const files: SshFiles = {
      key: written(join(folder, 'key'), given.sshKey),
      knownHosts: written(join(folder, 'known_hosts'), given.knownHosts),
      control: join(folder, 'c'),
    }
    const closeMaster = await openMaster(name, sshArgs(location, files, 'yes'), env, signal)
    return {
      name,
      argv: [...sshArgs(location, files, 'no'), `sh -c ${quote(BOOTSTRAP)}`],
      env,
      explain: (stderr) => explainSsh(name, stderr),
      async close() {
        await closeMaster()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/**
 * A new folder whose path leaves room for a socket: sockets have at most 103 bytes on macOS, and ssh adds 17 while it makes one.
 */
function shortFolder(scratch: string): string {
  const longest = 103 - 17 - '/s-XXXXXX/c'.length
  const parent = [scratch, tmpdir(), '/tmp'].find((path) => Buffer.byteLength(path) <= longest) ?? scratch
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 's-'))
}

/** A key without a line end, as secrets often come, isn't one to ssh. */
function written(path: string, content: string | undefined): string | undefined {
  if (content === undefined) return undefined
  writeFileSync(path, `${content.replaceAll('\r\n', '\n').trim()}\n`, { mode: 0o600, flag: 'wx' })
  return path
}

/**
 * Resolves when the connection stands, with what ends it. Its own session waits for input that never comes: when this
 * process is gone, however that was, the session ends and the connection with it.
 */
async function openMaster(
  name: string,
  args: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  const master = startChild({ argv: [...args, 'echo connected; read line'], env, stdin: 'held', signal })
  const timer = setTimeout(master.kill, OPEN_MS)
  const connected = new Promise<'connected'>((resolve) => {
    master.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('connected')) resolve('connected')
    })
  })
  try {
    const first = await Promise.race([connected, master.ended])
    if (first !== 'connected') {
      throw first.kind === 'not-started' ? notStarted('ssh', first.why) : explainSsh(name, first.stderr)
    }
  } finally {
    clearTimeout(timer)
  }
  return async () => {
    master.kill()
    await master.ended.catch(() => undefined)
  }
}

const CAUSES: readonly Cause[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    means: 'shows another host key than the known one',
    remedy: 'If the machine was set up anew, replace its line in known-hosts; if not, somebody may stand in between.',
  },
  {
    says: /No \S+ host key is known for|Host key verification failed/,
    means: 'has a host key that known-hosts does not have',
    remedy:
      'Put the line that ssh-keyscan prints for it into the input known-hosts, after comparing its fingerprint on the machine itself.',
  },
  {
    says: /Load key .*(?:invalid format|error in libcrypto|incorrect passphrase)/,
    means: 'was not asked, since ssh-key is not a private key that can be used',
    remedy: 'Store the whole file with its BEGIN and END lines as the secret, and a key without a passphrase.',
  },
  {
    says: /Permission denied|Too many authentication failures|no mutual signature/,
    means: 'refused the key',
    remedy: "Add the public half of ssh-key to the user's ~/.ssh/authorized_keys on that machine, and check the user.",
  },
  {
    says: /SessionManagerPlugin is not found|aws: (?:command )?not found/,
    means: 'can be reached only with the AWS CLI and its Session Manager plugin, and one of them is missing',
    remedy: 'Install both in a step before this one.',
    reason: 'client-missing',
  },
  {
    says: /TargetNotConnected|AccessDenied|ExpiredToken|Unable to locate credentials/,
    means: 'cannot be reached through Session Manager',
    remedy: 'Check that the instance is online there, and that the credentials may do ssm:StartSession on it.',
  },
  {
    says: /Could not resolve hostname|Name or service not known/,
    means: 'has a name that cannot be resolved',
    remedy: 'Check the host in sources, and that this runner can see its DNS zone.',
  },
  {
    says: /Connection refused|timed out|No route to host|Network is unreachable|Connection (?:closed|reset) by/i,
    means: 'cannot be reached',
    remedy: 'Check host, port and firewall; a hosted runner cannot reach a private address.',
  },
  {
    says: /sh: (?:command )?not found/,
    means: 'has no POSIX shell',
    remedy: 'The user needs a login shell that can run sh.',
  },
]

/** What ssh's words mean. */
export function explainSsh(name: string, stderr: string): BackupError {
  return explainBy(CAUSES, name, stderr)
}
