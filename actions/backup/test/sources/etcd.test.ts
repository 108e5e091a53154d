import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { programPath } from '../../../../lab/cluster/build.ts'
import { freePort } from '../../../../lab/databases/postgres.ts'
import { execute } from '../../../../lab/provision/execute.ts'
import { requirePart } from '../../../../lab/provision/require-part.ts'
import { localPlace } from '../../src/places/local.ts'
import { prepareEtcd } from '../../src/sources/etcd/prepare.ts'

const etcdctl = await requirePart('etcdctl')
const etcd = programPath('etcd')
const describeServer = existsSync(etcd) ? etcdctl.describe : describe.skip

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-etcd-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function read(kind: 'etcd-snapshot' | 'k3s-snapshot', env: Record<string, string>): Promise<Buffer> {
  const place = localPlace({ PATH: '/usr/bin:/bin', TMPDIR: join(folder, 'tmp'), ...env }, undefined)
  mkdirSync(join(folder, 'tmp'), { recursive: true })
  const [stream] = prepareEtcd({ id: '4-etcd-snapshot', kind, on: { kind: 'local' } }, place).streams
  const started = stream?.start()
  try {
    return await buffer(started?.stdout ?? Readable.from([]))
  } finally {
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
  }
}

describeServer('etcd', () => {
  let server: ChildProcess
  let env: Record<string, string>
  beforeAll(async () => {
    const [client, peer] = [
      `http://127.0.0.1:${await freePort('127.0.0.1')}`,
      `http://127.0.0.1:${await freePort('127.0.0.1')}`,
    ]
    const urls = [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`]
    server = spawn(etcd, [`--data-dir=${join(folder, 'data')}`, ...urls, '--log-level=error'], { stdio: 'ignore' })
    env = { ETCDCTL_ENDPOINTS: client }
    for (let attempt = 0; attempt < 50; attempt++) {
      if (await execute('etcdctl', ['put', 'kept', 'value'], { env }).catch(() => '')) break
    }
  })
  afterAll(async () => {
    server?.kill()
    if (server?.exitCode === null) await once(server, 'exit')
  })

  test("gives a snapshot that etcd's own restore takes, and leaves nothing behind", async () => {
    const file = join(folder, 'snapshot.db')
    writeFileSync(file, await read('etcd-snapshot', env))
    await execute('etcdctl', ['snapshot', 'restore', file, `--data-dir=${join(folder, 'restored')}`], {
      env: { ETCDCTL_API: '3' },
    })
    expect(readdirSync(join(folder, 'restored/member')).sort()).toEqual(['snap', 'wal'])
    expect((await execute('etcdctl', ['snapshot', 'status', file, '--write-out=json'])).trim()).toMatch(
      /"totalKey":[1-9]/,
    )
  })

  test('that cannot be reached is a failure', async () => {
    const nowhere = { ETCDCTL_ENDPOINTS: 'http://127.0.0.1:9', ETCDCTL_DIAL_TIMEOUT: '1s' }
    await expect(read('etcd-snapshot', nowhere)).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('The source 4-etcd-snapshot (local) failed'),
    })
  })
})

/** A k3s that writes a snapshot of these bytes where it is told to. */
function k3sWriting(make: string): Record<string, string> {
  const file = join(folder, 'k3s')
  writeFileSync(
    file,
    `#!/bin/sh\n[ "$1 $2 $3" = "etcd-snapshot save --name=ondol" ] || exit 9\ndir="\${4#--dir=}"\n${make}\n`,
  )
  chmodSync(file, 0o755)
  return { PATH: `${folder}:/usr/bin:/bin` }
}

describe("k3s' etcd", () => {
  const whole = 'f="$dir/ondol-node-1"; head -c 8192 /dev/zero > "$f"; sha256sum "$f" | head -c 64 | xxd -r -p >> "$f"'
  const portable = whole.replace('xxd -r -p', `perl -ne 'print pack "H*", $_'`)

  test('gives a snapshot with its checksum', async () => {
    expect((await read('k3s-snapshot', k3sWriting(portable))).length).toBe(8192 + 32)
  })

  test.each([
    ['was cut', `${portable}; truncate -s 8000 "$f"`, 'source-failed'],
    ['was changed', `${portable}; printf x | dd of="$f" conv=notrunc 2>/dev/null`, 'source-failed'],
    ['has no byte', ': > "$dir/ondol-node-1"', 'source-empty'],
    ['is not there', 'exit 0', 'source-failed'],
    ['could not be made', 'echo "error: no etcd" >&2; exit 1', 'source-failed'],
  ])('a snapshot that %s is a failure', async (_, make, reason) => {
    await expect(read('k3s-snapshot', k3sWriting(make))).rejects.toMatchObject({ reason })
  })
})
