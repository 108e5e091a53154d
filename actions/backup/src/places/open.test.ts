import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { type Sshd, startSshd } from '../../../../lab/ssh/sshd.ts'
import type { Location } from '../sources/source.ts'
import { dockerArgs, explainDocker, explainKubernetes, kubectlArgs } from './containers.ts'
import { type Access, openPlace } from './open.ts'
import { BOOTSTRAP } from './script.ts'
import { explainSsh, sshArgs } from './ssh.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-place-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('here', () => {
  test('programs run without a shell, and their failure is no error', async () => {
    const place = await openPlace({ kind: 'local' }, { scratch: folder })
    const argv: [string, ...string[]] = ['sh', '-c', 'printf %s "$1$A"; echo no >&2; exit 3', 'sh', '$HOME;']
    expect(await place.run({ argv, env: { A: '`x`' } })).toEqual({
      code: 3,
      signal: null,
      stdout: Buffer.from('$HOME;`x`'),
      stderr: 'no\n',
    })
    await place.close()
  })

  test('what is missing is told', async () => {
    const place = await openPlace({ kind: 'local' }, { scratch: folder })
    await expect(place.run({ argv: ['no-such'] })).rejects.toMatchObject({ reason: 'client-missing' })
    await expect(place.run({ argv: ['true'], cwd: '/no/such' })).rejects.toThrow('has no folder /no/such')
    const running = place.start({ argv: ['no-such'] })
    await expect(running.ended).rejects.toThrow('local has no program no-such.')
    expect(running.stdout.destroyed).toBe(true)
  })

  test('output beyond what is captured is read and left out', async () => {
    const place = await openPlace({ kind: 'local' }, { scratch: folder })
    const { code, stdout } = await place.run({ argv: ['head', '-c', '500000', '/dev/zero'], captureBytes: 1000 })
    expect([code, stdout.length]).toEqual([0, 1000])
  })
})

const sshd = await requirePart('sshd')

sshd.describe('over ssh', () => {
  let server: Sshd
  beforeEach(async () => {
    server = await startSshd(sshd.path)
  })
  afterEach(async () => {
    await server.close()
    expect(readdirSync(folder)).toEqual([])
  })

  const location = (change: Partial<Location & { kind: 'ssh' }> = {}): Location => {
    const { user, host, port } = server
    return { kind: 'ssh', user, host, port, ...change }
  }
  const access = (change: Partial<Access> = {}): Access => {
    const { key, knownHosts } = server
    return { sshKey: key, knownHosts, scratch: folder, ...change }
  }

  test('programs run there over one connection, several at once', async () => {
    // As a secret often comes: with the ends of lines of another system, and without the last.
    const place = await openPlace(location(), access({ sshKey: server.key.trim().replaceAll('\n', '\r\n') }))
    try {
      expect(place.name).toBe(`ssh://${server.user}@127.0.0.1:${server.port}`)
      const argv: [string, ...string[]] = ['sh', '-c', 'echo "$PPID ${SSH_CONNECTION}"; cat; exit "$1"', 'sh', '5']
      const results = await Promise.all([1, 2, 3, 4].map((n) => place.run({ argv, stdin: Buffer.from(`input ${n}`) })))
      expect(results.map(({ code }) => code)).toEqual([5, 5, 5, 5])
      const outputs = results.map(({ stdout }) => stdout.toString().split('\n'))
      expect(outputs.map(([, input]) => input)).toEqual(['input 1', 'input 2', 'input 3', 'input 4'])
      expect(new Set(outputs.map(([head]) => head?.split(' ')[2])).size).toBe(1)
    } finally {
      await place.close()
    }
  })

  test('a program that is killed is gone there, too', async () => {
    const place = await openPlace(location(), access())
    const running = place.start({ argv: ['sh', '-c', 'echo $$; exec sleep 600'] })
    const [chunk] = await running.stdout.take(1).toArray()
    running.kill()
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' })
    const process = `/proc/${String(chunk).trim()}`
    for (let attempt = 0; attempt < 100 && existsSync(process); attempt++) await pause(50)
    expect(existsSync(process)).toBe(false)
    await place.close()
  })

  test('a connection that breaks is a failure, and the next program gets a new one', async () => {
    const place = await openPlace(location(), access())
    const running = place.start({ argv: ['cat', '/dev/zero'] })
    running.stdout.once('data', () => server.breakConnections())
    running.stdout.resume()
    await expect(running.ended).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringMatching(/^The connection to ssh:.* broke|^ssh:.* cannot be reached/),
    })
    expect((await place.run({ argv: ['echo', 'again'] })).stdout.toString()).toBe('again\n')
    await place.close()
  })

  test.each<[string, Partial<Location & { kind: 'ssh' }>, Partial<Access>, string]>([
    ['a host that nobody vouches for', {}, { knownHosts: '' }, 'has a host key that known-hosts does not have'],
    ['a host with another key', {}, { knownHosts: 'other' }, 'shows another host key than the known one'],
    ['a user who may not', { user: 'nobody' }, {}, 'refused the key'],
    ['a key that is none', {}, { sshKey: 'none' }, 'ssh-key is not a private key'],
    ['a port where nobody listens', { port: 1 }, {}, 'cannot be reached'],
    ['a name that nobody has', { host: 'host.invalid' }, {}, 'has a name that cannot be resolved'],
  ])('%s', async (_name, where, how, message) => {
    const other = `[127.0.0.1]:${server.port} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIm8i+pIFTkmxLcyQ0ezWFHJmTSVz2mQOc4YB4i2v9cN`
    const given = how.knownHosts === 'other' ? { knownHosts: other } : how
    await expect(openPlace(location(where), access(given))).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    })
  })

  test('a scratch folder with a long name is no hindrance', async () => {
    const scratch = join(folder, 'a'.repeat(120))
    mkdirSync(scratch)
    const place = await openPlace(location(), access({ scratch }))
    await place.close()
    expect(readdirSync(scratch)).toEqual([])
    rmSync(scratch, { recursive: true })
  })
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A program that does as kubectl and docker do after their own arguments. */
function standIn(name: string, own: string): Record<string, string> {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${own}\nexec "$@"\n`, { mode: 0o755 })
  return { PATH: `${bin}:${process.env['PATH']}` }
}

test('through kubectl', async () => {
  const env = standIn('kubectl', 'while [ "$1" != -- ]; do shift; done; shift')
  const location: Location = { kind: 'kubernetes', namespace: 'shop', resource: 'deploy', name: 'db', container: 'pg' }
  const place = await openPlace(location, { scratch: folder }, { env })
  expect((await place.run({ argv: ['echo', 'a b'] })).stdout.toString()).toBe('a b\n')
  expect(place.name).toBe('kubernetes://shop/deploy/db/pg')
  await place.close()
})

test('through docker', async () => {
  const env = standIn('docker', 'shift 3')
  const place = await openPlace({ kind: 'docker', container: 'db' }, { scratch: folder }, { env })
  expect((await place.run({ argv: ['echo', 'a b'] })).stdout.toString()).toBe('a b\n')
  await place.close()
})

test('a machine without the transport says so', async () => {
  const open = openPlace({ kind: 'docker', container: 'db' }, { scratch: folder }, { env: { PATH: folder } })
  await expect(open).rejects.toMatchObject({ reason: 'client-missing', message: 'This machine has no program docker.' })
})

describe('arguments', () => {
  const files = { key: '/s/key', knownHosts: '/s/known', control: '/s/50%/c' }

  test('ssh: checks host keys, asks nobody, uses only the given key', () => {
    const args = sshArgs({ kind: 'ssh', user: 'backup', host: 'db.example', port: 2222 }, files, 'no')
    expect(args.slice(-6)).toEqual(['-l', 'backup', '-p', '2222', '--', 'db.example'])
    for (const setting of [
      'StrictHostKeyChecking=yes',
      'BatchMode=yes',
      'UserKnownHostsFile="/s/known"',
      'GlobalKnownHostsFile=/dev/null',
      'IdentityFile="/s/key"',
      'IdentitiesOnly=yes',
      'ControlPath="/s/50%%/c"',
    ]) {
      expect(args).toContain(setting)
    }
  })

  test('ssh: without key and known hosts it keeps its own, and still checks', () => {
    const args = sshArgs(
      { kind: 'ssh', user: undefined, host: 'db', port: undefined },
      { key: undefined, knownHosts: undefined, control: '/c' },
      'yes',
    )
    expect(args.slice(-2)).toEqual(['--', 'db'])
    expect(args).toContain('StrictHostKeyChecking=yes')
    expect(args.filter((arg) => /Identit|KnownHosts|^-[lp]$/.test(arg))).toEqual([])
  })

  test('ssm: ssh through the AWS CLI', () => {
    const args = sshArgs({ kind: 'ssm', user: 'ubuntu', instance: 'i-0123456789abcdef0' }, files, 'no')
    expect(args.slice(-4)).toEqual(['-l', 'ubuntu', '--', 'i-0123456789abcdef0'])
    expect(args).toContain(
      'ProxyCommand=aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p',
    )
  })

  test('kubectl', () => {
    const location = { kind: 'kubernetes', namespace: 'n', resource: 'sts', name: 'db', container: 'c' } as const
    expect(kubectlArgs(location, { kubeconfig: '/k', context: 'x' })).toEqual([
      'kubectl',
      '--kubeconfig=/k',
      '--context=x',
      '--namespace=n',
      'exec',
      '-i',
      'sts/db',
      '--container=c',
      '--',
      'sh',
      '-c',
      BOOTSTRAP,
    ])
    expect(kubectlArgs({ ...location, container: undefined }, {}).slice(0, 6)).toEqual([
      'kubectl',
      '--namespace=n',
      'exec',
      '-i',
      'sts/db',
      '--',
    ])
  })

  test('docker', () => {
    expect(dockerArgs({ kind: 'docker', container: 'db' })).toEqual([
      'docker',
      'exec',
      '-i',
      'db',
      'sh',
      '-c',
      BOOTSTRAP,
    ])
  })
})

test.each([
  [explainKubernetes, 'Error from server (NotFound): pods "db" not found', 'p does not exist'],
  [explainKubernetes, 'Error from server (Forbidden): pods "db" is forbidden: User "x"', 'p may not be entered'],
  [explainKubernetes, 'exec: "sh": executable file not found in $PATH: unknown', 'p has no sh'],
  [explainKubernetes, 'error: You must be logged in to the server (Unauthorized)', 'refused the credentials'],
  [explainKubernetes, 'Unable to connect to the server: dial tcp: i/o timeout', 'cluster that cannot be reached'],
  [explainDocker, 'Error response from daemon: No such container: db', 'p does not exist'],
  [explainDocker, 'Cannot connect to the Docker daemon at unix:///x.sock.', 'engine that cannot be reached'],
  [explainDocker, 'Error response from daemon: container 1f is not running', 'p is not running'],
  [explainSsh, 'SessionManagerPlugin is not found. Please refer to', 'Session Manager plugin'],
  [explainSsh, 'An error occurred (TargetNotConnected) when calling', 'through Session Manager'],
  [explainSsh, 'ssh: connect to host a port 22: Connection timed out', 'p cannot be reached'],
  [explainSsh, 'something new', 'The connection to p broke (something new).'],
])('%p of %p', (explain, said, meaning) => {
  expect(explain('p', said).message).toContain(meaning)
})
