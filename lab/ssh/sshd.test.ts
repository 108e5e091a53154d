import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { execute } from '../provision/execute.ts'
import { requirePart } from '../provision/require-part.ts'
import { type Sshd, startSshd } from './sshd.ts'

const part = await requirePart('sshd')
const TMPDIR = process.env['TMPDIR']
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-sshd-test-'))
  process.env['TMPDIR'] = folder
})
afterEach(() => {
  process.env['TMPDIR'] = TMPDIR
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  rmSync(folder, { recursive: true })
})

function login({ host, port, user }: Sshd, key: string, knownHosts: string): Promise<string> {
  const files = { key: join(folder, 'key'), hosts: join(folder, 'hosts') }
  writeFileSync(files.key, key)
  chmodSync(files.key, 0o600)
  writeFileSync(files.hosts, knownHosts)
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${files.hosts}`,
    'StrictHostKeyChecking=yes',
  ]
  const options = settings.flatMap((setting) => ['-o', setting])
  return execute('ssh', ['-F', 'none', ...options, '-i', files.key, '-p', String(port), `${user}@${host}`, 'echo in'])
}

part.describe('an sshd', () => {
  test('lets its key in, shows its host key, and leaves nothing behind', async () => {
    const had = existsSync('/run/sshd')
    const [sshd, other] = await Promise.all([startSshd(part.path), startSshd(part.path)])
    try {
      expect(await login(sshd, sshd.key, sshd.knownHosts)).toBe('in\n')
      await expect(login(sshd, other.key, sshd.knownHosts)).rejects.toThrow('Permission denied')
      await expect(login(sshd, sshd.key, other.knownHosts)).rejects.toThrow('Host key verification failed')
    } finally {
      await Promise.all([sshd.close(), other.close()])
    }
    await expect(login(sshd, sshd.key, sshd.knownHosts)).rejects.toThrow('Connection refused')
    expect(readdirSync(folder).sort()).toEqual(['hosts', 'key'])
    expect(existsSync('/run/sshd')).toBe(had)
  })

  test('that cannot start says so, and leaves nothing', async () => {
    await expect(startSshd('/no/sshd')).rejects.toThrow("sshd didn't start")
    expect(readdirSync(folder)).toEqual([])
  })
})
