import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import { localPlace } from '../../places/local.ts'
import type { CommandSource } from '../source.ts'
import { prepareCommand } from './prepare.ts'

const place = localPlace({ PATH: '/usr/bin:/bin' }, undefined)

async function read(run: string[], minBytes = 1): Promise<string> {
  const source: CommandSource = { id: '2-command', kind: 'command', on: { kind: 'local' }, name: 'ldap', run, minBytes }
  const [stream] = prepareCommand(source, place).streams
  const started = stream?.start()
  const bytes = await buffer(started?.stdout ?? Readable.from([]))
  await started?.ended
  return bytes.toString()
}

describe('a command', () => {
  test('gives its output, with its arguments as they are', async () => {
    expect(await read(['printf', '%s|', 'a b', '$HOME', '*'])).toBe('a b|$HOME|*|')
  })

  test('that fails after it wrote is a failure in its own words', async () => {
    await expect(
      read(['sh', '-c', 'echo much; echo note >&2; echo "error: no ldap" >&2; exit 3']),
    ).rejects.toMatchObject({
      reason: 'source-failed',
      message: 'The source 2-command (local) failed: the command "ldap" ended with exit code 3: error: no ldap',
    })
  })

  test('that is killed is a failure', async () => {
    await expect(read(['sh', '-c', 'echo much; kill -9 $$'])).rejects.toMatchObject({
      reason: 'source-failed',
      message: expect.stringContaining('signal SIGKILL'),
    })
  })

  test.each([
    [['true'], 0],
    [['true'], 1],
    [['printf', 'four'], 5],
  ])('%j with less than %d bytes is an empty source', async (run, minBytes) => {
    await expect(read(run, minBytes)).rejects.toMatchObject({ reason: 'source-empty' })
  })

  test('with just enough is one', async () => {
    expect(await read(['printf', 'four'], 4)).toBe('four')
  })

  test('that is not there is a missing client', async () => {
    await expect(read(['no-such-program'])).rejects.toMatchObject({ reason: 'client-missing' })
  })
})
