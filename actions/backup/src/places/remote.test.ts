import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findOnPath } from '../../../../lib/tools/on-path.ts'
import { BackupError } from '../failure.ts'
import type { Place } from './place.ts'
import { remotePlace } from './remote.ts'
import { BOOTSTRAP } from './script.ts'

const shells: [string, string[]][] = [
  ['sh', ['sh']],
  // A bash whose input is a socket reads .bashrc, unless it is called sh.
  ['bash', ['bash', '--norc']],
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
]
const present = shells.filter(([program]) => findOnPath(program) !== undefined)

let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-remote-')))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A transport to this machine. */
function placeBy(argv: readonly [string, ...string[]], signal?: AbortSignal): Place {
  const explain = (stderr: string): BackupError => new BackupError('source-failed', `explained: ${stderr}`)
  const env = { PATH: process.env['PATH'] ?? '' }
  return remotePlace({ name: 'there', argv, env, explain, close: async () => undefined }, signal)
}

function shellPlace([program = 'sh', ...options]: readonly string[] = []): Place {
  return placeBy([program, ...options, '-c', BOOTSTRAP])
}

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => value.replaceAll('\0', '').toWellFormed())

describe.each(present)('%s', (_name, shell) => {
  test('arguments, variables, folder and input reach the program as they are', async () => {
    const place = shellPlace(shell)
    const program = `process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.A, process.cwd()])); process.stdin.pipe(process.stderr)`
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 6 }), text, text, async (words, value, input) => {
        const argv: [string, ...string[]] = [process.execPath, '-e', program, '--', ...words]
        const finished = await place.run({ argv, env: { A: value }, cwd: folder, stdin: Buffer.from(input) })
        expect(finished).toMatchObject({ code: 0, signal: null, stderr: input })
        expect(JSON.parse(finished.stdout.toString())).toEqual([words, value, folder])
      }),
      { numRuns: 8 },
    )
  })

  test('a large input and a large output come whole, and the code with them', async () => {
    const running = shellPlace(shell).start({
      argv: ['sh', '-c', 'cat; exit 7'],
      stdin: Readable.from(Array.from({ length: 60 }, (_, index) => Buffer.alloc(100_000, index))),
    })
    let bytes = 0
    for await (const chunk of running.stdout) bytes += (chunk as Buffer).length
    expect([bytes, (await running.ended).code]).toEqual([6_000_000, 7])
  })

  test('what is missing is told', async () => {
    const place = shellPlace(shell)
    await expect(place.run({ argv: ['no-such-program'] })).rejects.toMatchObject({
      reason: 'client-missing',
      message: 'there has no program no-such-program.',
    })
    await expect(place.run({ argv: ['true'], cwd: '/no/such' })).rejects.toThrow('there has no folder /no/such')
  })

  test('a program that is killed is gone there, too', async () => {
    const running = shellPlace(shell).start({ argv: ['sh', '-c', 'echo $$; exec sleep 600'] })
    const [chunk] = await running.stdout.take(1).toArray()
    running.kill()
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    await expectGone(Number(String(chunk)))
  })
})

async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1)
  for (let attempt = 0; attempt < 100 && isAlive(pid); attempt++) await new Promise((done) => setTimeout(done, 50))
  expect(isAlive(pid)).toBe(false)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('no list of processes shows a variable, an argument or the script', async () => {
  const { stdout } = await shellPlace().run({
    argv: ['sh', '-c', 'ps axww -o args'],
    env: { PGPASSWORD: 'correct-horse-battery' },
    captureBytes: 64 * 1024 * 1024,
  })
  expect(stdout.toString()).toContain('ps axww')
  expect(stdout.toString()).not.toContain('correct-horse')
})

test('an output that lost its end is a failure, whatever the program says', async () => {
  const script = join(folder, 'truncating')
  writeFileSync(script, `#!/bin/sh\nsh -c '${BOOTSTRAP}' | head -c 1000\n`)
  chmodSync(script, 0o755)
  await expect(placeBy([script]).run({ argv: ['head', '-c', '1001', '/dev/zero'] })).rejects.toMatchObject({
    reason: 'source-failed',
    message: 'there lost the end of what head wrote: 1000 of 1001 bytes arrived.',
  })
  expect((await placeBy([script]).run({ argv: ['head', '-c', '1000', '/dev/zero'] })).stdout).toHaveLength(1000)
})

test('a login shell that prints something is told of', async () => {
  const noisy = placeBy(['sh', '-c', `echo Welcome; exec sh -c '${BOOTSTRAP}'`])
  await expect(noisy.run({ argv: ['true'] })).rejects.toMatchObject({
    message: 'there sent more than true wrote.',
    remedy: expect.stringContaining('.bashrc'),
  })
})

test('a transport that ends early is explained by its own words', async () => {
  await expect(placeBy(['sh', '-c', 'echo gone >&2; exit 255']).run({ argv: ['true'] })).rejects.toThrow(
    'explained: gone',
  )
})

test('lines of standard error come one by one, without the one that tells the outcome', async () => {
  const lines: string[] = []
  const argv: [string, ...string[]] = [
    'sh',
    '-c',
    'i=0; while [ $i -lt 20000 ]; do echo "line $i" >&2; i=$((i+1)); done',
  ]
  const { code, stderr } = await shellPlace().run({ argv, onStderrLine: (line) => lines.push(line) })
  expect([code, lines.length, lines[0], lines.at(-1)]).toEqual([0, 20_000, 'line 0', 'line 19999'])
  expect(stderr.endsWith('line 19999\n')).toBe(true)
})

test('an input that fails is the failure, and the program is ended', async () => {
  const stdin = new Readable({ read: () => undefined })
  stdin.push('some')
  const running = shellPlace().start({ argv: ['cat'], stdin })
  running.stdout.once('data', () => stdin.destroy(new Error('the key is wrong')))
  await expect(running.ended).rejects.toThrow('the key is wrong')
})

test('an interruption ends what runs and lets nothing start', async () => {
  const controller = new AbortController()
  const place = placeBy(['sh', '-c', BOOTSTRAP], controller.signal)
  const running = place.start({ argv: ['sleep', '600'] })
  running.stdout.resume()
  controller.abort()
  await expect(running.ended).rejects.toMatchObject({ reason: 'interrupted' })
  expect(() => place.start({ argv: ['true'] })).toThrow('interrupted')
})

test('closing ends what still runs', async () => {
  const place = shellPlace()
  const running = place.start({ argv: ['sleep', '601'] })
  running.stdout.resume()
  await place.close()
  expect(await running.ended).toMatchObject({ signal: 'SIGTERM' })
  expect(execFileSync('ps', ['ax', '-o', 'args']).toString()).not.toMatch(/^sleep 601$/m)
})
