import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execute } from '../provision/execute.ts'
import { postgresObstacle, startPostgres } from './postgres.ts'

const TMPDIR = process.env['TMPDIR']
const obstacle = postgresObstacle()
const describePostgres = obstacle === undefined ? describe : describe.skip

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-postgres-test-'))
  // The server runs as another user.
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
})
afterEach(() => {
  process.env['TMPDIR'] = TMPDIR
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  rmSync(folder, { recursive: true })
})

describePostgres(`a server${obstacle === undefined ? '' : ` [skipped: ${obstacle}]`}`, () => {
  test('answers who knows the password, and nobody else; nothing is left of it', async () => {
    const postgres = await startPostgres()
    const isReachable = (): Promise<boolean> => reaches(new URL(postgres.url))
    try {
      expect(await query(postgres.url)).toBe('42\n')
      await expect(query(postgres.url.replace(/:[^:@]+@/, ':wrong@'))).rejects.toThrow('password authentication failed')
      expect(await isReachable()).toBe(true)
    } finally {
      await postgres.close()
    }
    expect(await isReachable()).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  test('that cannot listen says so, and leaves nothing', async () => {
    await expect(startPostgres('192.0.2.1')).rejects.toThrow('EADDRNOTAVAIL')
    expect(readdirSync(folder)).toEqual([])
  })
})

function query(url: string): Promise<string> {
  return execute('psql', ['--no-psqlrc', '--tuples-only', '--no-align', '--command=SELECT 6 * 7', url])
}

function reaches({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
