import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Command, createProcessRunner, InterruptedError, NotRunnableError } from './run.ts'

/** Counts the SIGINTs it gets in a second. */
const COUNTER = `
  let count = 0
  process.on('SIGINT', () => { count++ })
  console.log('ready')
  setTimeout(() => console.log('SIGINTs: ' + count), 1000)`

let folder = ''
let signals = new EventEmitter()
let runner = createProcessRunner({ signals })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-run-'))
  signals = new EventEmitter()
  runner = createProcessRunner({ signals })
})

afterEach(() => {
  runner.close()
  rmSync(folder, { recursive: true })
})

const node = (script: string, more: Partial<Command> = {}, args: readonly string[] = []): Command => ({
  file: process.execPath,
  args: ['-e', script, '--', ...args],
  ...more,
})

describe('a program that runs to its end', () => {
  test('code, output, input, arguments and times', async () => {
    const script = `
      process.stdin.pipe(process.stdout)
      process.stderr.write(JSON.stringify(process.argv.slice(1)))
      process.exitCode = 3`
    const times = [new Date(1_000), new Date(2_000)]
    const timed = createProcessRunner({ signals, clock: () => times.shift() ?? new Date(0) })
    const exit = await timed.run(node(script, { stdin: 'ondol 온돌' }, ['$HOME', '"; exit 9', '']))
    expect(exit).toEqual({
      code: 3,
      signal: null,
      stdout: 'ondol 온돌',
      stderr: '["$HOME","\\"; exit 9",""]',
      startedAt: new Date(1_000),
      endedAt: new Date(2_000),
    })
  })

  test('a signal', async () => {
    expect(await runner.run(node(`process.kill(process.pid, 'SIGKILL')`))).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    })
  })

  test('folder and environment', async () => {
    const script = 'console.log(process.cwd(), process.env.A, process.env.B, process.env.HOME)'
    const exit = await runner.run(node(script, { cwd: folder, env: { A: 'a', B: undefined } }))
    expect(exit.stdout).toBe(`${folder} a undefined undefined\n`)
  })

  test('without env it gets ours, less what the runner gave to the action alone', async () => {
    process.env['INPUT_RUN-TEST'] = 'withheld'
    const exit = await runner.run(node(`console.log(process.env['INPUT_RUN-TEST'], 'PATH' in process.env)`))
    delete process.env['INPUT_RUN-TEST']
    expect(exit.stdout).toBe('undefined true\n')
  })

  test('without stdin it reads an empty one; one that does not read its input is no failure', async () => {
    expect((await runner.run(node('process.stdin.pipe(process.stdout)'))).code).toBe(0)
    expect((await runner.run(node('process.exit(0)', { stdin: 'x'.repeat(5_000_000) }))).code).toBe(0)
  })

  test('a grandchild that keeps the pipes open does not hang it', async () => {
    const script = `
      const options = { detached: true, stdio: 'inherit' }
      const grandchild = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => 0, 30000)'], options)
      console.log(grandchild.pid)
      process.exit(0)`
    const exit = await runner.run(node(script))
    process.kill(Number(exit.stdout))
    expect(exit.code).toBe(0)
    expect(exit.endedAt.getTime() - exit.startedAt.getTime()).toBeLessThan(10_000)
  })
})

describe('output', () => {
  test('comes line by line while the program runs', async () => {
    const lines: string[] = []
    await runner.run(
      node(`console.log('one\\r'); console.error('two'); process.stdout.write('last')`, {
        onStdoutLine: (line) => lines.push(`out ${line}`),
        onStderrLine: (line) => lines.push(`err ${line}`),
      }),
    )
    expect(lines.toSorted()).toEqual(['err two', 'out last', 'out one'])
  })

  test('only head and tail are kept of much of it', async () => {
    const exit = await runner.run(node(`process.stdout.write('a'.repeat(1e6) + 'z'.repeat(1e6))`, { captureBytes: 10 }))
    expect(exit.stdout).toBe('aaaaa\n[… 1999990 bytes left out …]\nzzzzz')
  })

  test('a callback that throws rejects the run, after the program has ended', async () => {
    const marker = join(folder, 'ended')
    const script = `console.log(1); console.log(2); setTimeout(() => require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''), 200)`
    let calls = 0
    const onStdoutLine = () => {
      calls++
      throw new RangeError('from the callback')
    }
    await expect(runner.run(node(script, { onStdoutLine }))).rejects.toThrow(new RangeError('from the callback'))
    expect(existsSync(marker)).toBe(true)
    expect(calls).toBe(1)
  })

  test('goes whole into a file that only we can read', async () => {
    const stdoutFile = join(folder, 'out')
    const exit = await runner.run(node(`process.stdout.write('x'.repeat(3e7))`, { stdoutFile }))
    expect(exit.stdout).toBe('')
    expect(statSync(stdoutFile).size).toBe(3e7)
    expect(statSync(stdoutFile).mode & 0o777).toBe(0o600)
  })

  test('never overwrites a file', async () => {
    const stdoutFile = join(folder, 'out')
    writeFileSync(stdoutFile, 'precious')
    await expect(runner.run(node('console.log(1)', { stdoutFile }))).rejects.toThrow('EEXIST')
    expect(readFileSync(stdoutFile, 'utf8')).toBe('precious')
  })
})

describe('a program that cannot be started', () => {
  const starting = (command: Partial<Command>) =>
    expect(runner.run({ file: 'none', args: ['s3cret'], ...command })).rejects

  test('is named, and its arguments are not', async () => {
    await starting({ file: 'no-such-program' }).toThrow(new NotRunnableError('no-such-program was not found on PATH'))
    await starting({ file: '/no/such' }).toThrow(new NotRunnableError('/no/such was not found'))
    await starting({ file: process.execPath, args: ['s3cret\0'] }).toThrow(
      new NotRunnableError(`${process.execPath} could not be started: ERR_INVALID_ARG_VALUE`),
    )
  })

  test('for want of the right to execute it', async () => {
    const file = join(folder, 'plain')
    writeFileSync(file, '')
    chmodSync(file, 0o600)
    await starting({ file }).toThrow(new NotRunnableError(`${file} is not an executable program`))
  })

  test('for want of its folder', async () => {
    const cwd = join(folder, 'gone')
    await starting({ file: process.execPath, cwd }).toThrow(`${cwd} is not a directory to run ${process.execPath} in`)
  })

  test('leaves no file behind', async () => {
    const stdoutFile = join(folder, 'out')
    await starting({ file: 'no-such-program', stdoutFile }).toThrow(NotRunnableError)
    expect(existsSync(stdoutFile)).toBe(false)
  })
})

describe('an interruption', () => {
  /** Emits the signals, far enough apart that the system can't merge them, once the program is ready. */
  async function counted(names: readonly NodeJS.Signals[], more: Partial<Command> = {}): Promise<string> {
    const onStdoutLine = async (line: string) => {
      if (line !== 'ready') return
      for (const name of names) {
        signals.emit(name)
        await delay(50)
      }
    }
    return (await runner.run(node(COUNTER, { onStdoutLine, ...more }))).stdout
  }

  test.each<[NodeJS.Signals[]]>([[['SIGINT']], [['SIGTERM']], [['SIGINT', 'SIGINT', 'SIGTERM', 'SIGINT', 'SIGTERM']]])(
    '%j reaches the program as one SIGINT',
    async (names) => {
      expect(await counted(names)).toBe('ready\nSIGINTs: 1\n')
      expect(runner.interrupted).toBe(true)
    },
  )

  test('reaches every program that runs', async () => {
    const ready = Promise.withResolvers<string>()
    const other = runner.run(node(COUNTER, { onStdoutLine: ready.resolve }))
    await ready.promise
    expect(await counted(['SIGINT', 'SIGTERM'])).toBe('ready\nSIGINTs: 1\n')
    expect((await other).stdout).toBe('ready\nSIGINTs: 1\n')
  })

  test('before any program only marks the runner; nothing new starts, except for clean-up, which is left in peace', async () => {
    signals.emit('SIGINT')
    expect(runner.interrupted).toBe(true)
    await expect(runner.run(node(''))).rejects.toThrow(InterruptedError)
    expect(await counted(['SIGTERM', 'SIGINT'], { evenIfInterrupted: true })).toBe('ready\nSIGINTs: 0\n')
  })

  test('does not come to a runner that was closed, and no listener stays', () => {
    const before = [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]
    const listening = createProcessRunner()
    expect(process.listenerCount('SIGINT')).toBe((before[0] ?? 0) + 1)
    listening.close()
    expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual(before)
    runner.close()
    signals.emit('SIGINT')
    expect(runner.interrupted).toBe(false)
  })

  test('Ctrl-C in a terminal, which signals our whole process group, reaches the program once', async () => {
    const step = `
      import { createProcessRunner } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)}
      const runner = createProcessRunner()
      const args = ['-e', ${JSON.stringify(COUNTER)}]
      await runner.run({ file: process.execPath, args, onStdoutLine: (line) => console.log(line) })
      runner.close()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', step], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'readable')
    for (let press = 0; press < 3; press++) {
      process.kill(-(child.pid ?? 0), 'SIGINT')
      await delay(50)
    }
    expect(await text(child.stdout)).toBe('ready\nSIGINTs: 1\n')
  })
})
