import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execute } from '../provision/execute.ts'
import { postgresObstacle, startPostgres } from './postgres.ts'

const PATH = process.env['PATH']
const obstacle = postgresObstacle()
const describePostgres = obstacle === undefined ? describe : describe.skip

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('ondol-postgres-'))

describePostgres(`a server${obstacle === undefined ? '' : ` [skipped: ${obstacle}]`}`, () => {
  test('answers who knows the password, and nobody else; nothing is left of it', async () => {
    const before = folders()
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
    expect(folders()).toEqual(before)
  })

  test('that cannot listen says so, and leaves nothing', async () => {
    const before = folders()
    await expect(startPostgres('192.0.2.1')).rejects.toThrow('EADDRNOTAVAIL')
    expect(folders()).toEqual(before)
  })
})

describe('a machine without it', () => {
  beforeEach(() => {
    process.env['PATH'] = '/nowhere'
  })
  afterEach(() => {
    process.env['PATH'] = PATH
  })

  const testElsewhere = existsSync('/usr/lib/postgresql') ? test.skip : test
  testElsewhere('is told what to install', () => expect(postgresObstacle()).toContain('apt-get install -y postgresql'))
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
