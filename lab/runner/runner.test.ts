import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunRequest, type RunResult, runAction } from './index.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const quick = { afterSigint: 300, afterSigterm: 200, afterExit: 300 }
let workspace = ''

beforeAll(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-runner-test-')))
})
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

const context: RunRequest['context'] = {
  repository: 'octo/shop',
  repositoryId: 42,
  sha: 'a'.repeat(40),
  ref: 'refs/pull/7/merge',
  runId: 900,
  runAttempt: 2,
  actor: 'author',
  triggeringActor: 'reviewer',
  apiUrl: 'http://127.0.0.1:1/api',
  graphqlUrl: 'http://127.0.0.1:1/graphql',
  serverUrl: 'http://127.0.0.1:1',
  resultsUrl: 'http://127.0.0.1:1/results/',
  runtimeToken: 'runtime-token-of-the-job',
  token: 'ghs_token-of-the-job',
}

/** Runs the probe with a script for main and, where given, one for post. */
function probe(script: string, more: Partial<RunRequest> & { post?: string } = {}): Promise<RunResult> {
  const { post = '', ...rest } = more
  return runAction(
    {
      action: join(fixtures, 'probe'),
      workspace,
      event: { name: 'pull_request', payload: { number: 7 } },
      context,
      ...rest,
      inputs: { script, 'post-script': post, ...rest.inputs },
    },
    quick,
  )
}

/** Runs the probe and gives back what its script wrote with `write('OUTPUT', 'v=…')`. */
async function resultOf(expression: string, more: Partial<RunRequest> = {}): Promise<unknown> {
  const result = await probe(`write('OUTPUT', 'v=' + JSON.stringify(${expression}) + '\\n')`, more)
  return JSON.parse(result.outputs['v'] ?? 'null')
}

/** A killed process may stay a zombie, without a command line, until its parent looks. */
function isAlive(pid: string): boolean {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) && readFileSync(file, 'utf8') !== ''
}

describe('inputs', () => {
  test('defaults are filled in, with the github context; spaces become _, hyphens stay', async () => {
    const names = "['INPUT_TOKEN', 'INPUT_PLACE', 'INPUT_TWO_WORDS', 'INPUT_OLD-NAME'].map((name) => process.env[name])"
    expect(await resultOf(names)).toEqual([context.token, 'at octo/shop!', 'both', ''])
  })

  test('an undeclared input is a warning and still arrives', async () => {
    const result = await probe("write('OUTPUT', 'v=' + process.env.INPUT_EXTRA)", { inputs: { extra: 'more' } })
    expect(result.outputs['v']).toBe('more')
    expect(result.annotations).toEqual([
      {
        level: 'warning',
        message: expect.stringContaining("Unexpected input(s) 'extra', valid inputs are ['script', "),
      },
    ])
  })

  test('a deprecated input is a warning', async () => {
    const { annotations } = await probe('', { inputs: { 'old-name': 'x' } })
    expect(annotations.map(({ message }) => message)).toEqual([
      "Input 'old-name' has been deprecated with message: use two words",
    ])
  })

  test('an action for another runtime is refused', async () => {
    await expect(probe('', { action: join(fixtures, 'old') })).rejects.toThrow('"node20", not "node24"')
  })
})

describe('environment', () => {
  test('the caller leaks nothing in besides PATH; HOME is fresh and empty', async () => {
    process.env['ONDOL_LEAK'] = 'leaked'
    const [leak, path, home] = (await resultOf(
      "[process.env.ONDOL_LEAK ?? null, process.env.PATH, require('node:fs').readdirSync(process.env.HOME)]".replace(
        'require',
        'process.getBuiltinModule',
      ),
    )) as [unknown, string, string[]]
    delete process.env['ONDOL_LEAK']
    expect(leak).toBeNull()
    expect(path).toBe(process.env['PATH'])
    expect(home).toEqual([])
  })

  test('the documented variables are there, with the right values', async () => {
    const env = (await resultOf('process.env', { env: { TF_LOG: 'off' } })) as Record<string, string>
    expect(env).toMatchObject({
      CI: 'true',
      TF_LOG: 'off',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: 'author',
      GITHUB_TRIGGERING_ACTOR: 'reviewer',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_REF_NAME: '7/merge',
      GITHUB_REF_TYPE: 'branch',
      GITHUB_REPOSITORY: 'octo/shop',
      GITHUB_REPOSITORY_ID: '42',
      GITHUB_REPOSITORY_OWNER: 'octo',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_RUN_ID: '900',
      GITHUB_SHA: context.sha,
      GITHUB_API_URL: context.apiUrl,
      GITHUB_WORKSPACE: workspace,
      ACTIONS_RESULTS_URL: context.resultsUrl,
      ACTIONS_RUNTIME_TOKEN: context.runtimeToken,
    })
    for (const name of ['RUNNER_TEMP', 'RUNNER_TOOL_CACHE', 'RUNNER_OS', 'RUNNER_ARCH', 'RUNNER_NAME']) {
      expect(env[name]).toEqual(expect.stringMatching(/./))
    }
    expect(env).not.toHaveProperty('GITHUB_TOKEN')
  })

  test('works in the workspace and reads the event from a file', async () => {
    const read = "process.getBuiltinModule('node:fs').readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8')"
    expect(await resultOf(`[process.cwd(), JSON.parse(${read})]`)).toEqual([workspace, { number: 7 }])
  })
})

describe('file commands', () => {
  test('outputs, state, env and path are read; post sees them', async () => {
    const result = await probe(
      `write('OUTPUT', 'a=1\\n'); write('STATE', 'lock<<E\\nid\\n7\\nE\\n')
       write('ENV', 'REGION=eu\\n'); write('PATH', '/first\\n/second\\n')`,
      {
        post: `write('OUTPUT', 'v<<E\\n' + JSON.stringify(
          [process.env.STATE_lock, process.env.REGION, process.env.PATH.split(':').slice(0, 2)]) + '\\nE\\n')`,
      },
    )
    expect(result).toMatchObject({ outputs: { a: '1' }, state: { lock: 'id\n7' }, env: { REGION: 'eu' } })
    expect(result.path).toEqual(['/first', '/second'])
    expect(JSON.parse(result.post?.outputs['v'] ?? '')).toEqual(['id\n7', 'eu', ['/second', '/first']])
  })

  test('a malformed line is an error that fails the step, and what came before it counts', async () => {
    const result = await probe("write('OUTPUT', 'good=1\\nbad\\nlost=2\\n')")
    expect(result).toMatchObject({ conclusion: 'failure', exitCode: 0, outputs: { good: '1' } })
    expect(result.annotations[0]?.message).toBe(
      "Unable to process file command 'output' successfully. Invalid format 'bad'",
    )
  })

  test('NODE_OPTIONS is refused', async () => {
    const result = await probe("write('ENV', 'node_options=--inspect\\nOK=1\\n')")
    expect(result.env).toEqual({ OK: '1' })
    expect(result.annotations).toHaveLength(1)
  })

  test('a summary of 1 MiB is shown, masked; one byte more is dropped whole with an error', async () => {
    const shown = await probe("write('STEP_SUMMARY', 'key-of-mine\\n' + 'x'.repeat(1024 * 1024 - 12))", {
      masks: ['key-of-mine'],
    })
    expect(shown).toMatchObject({ summaryDropped: false, conclusion: 'success' })
    expect(shown.summary.slice(0, 5)).toBe('***\nx')
    const dropped = await probe("write('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))")
    expect(dropped).toMatchObject({ summary: '', summaryDropped: true, conclusion: 'success' })
    expect(dropped.annotations[0]?.level).toBe('error')
  })
})

describe('the end of a step', () => {
  test('a step that fails still has its post, with the state it saved', async () => {
    const result = await probe("write('STATE', 's=1\\n'); process.exit(3)", {
      post: "console.log('post sees ' + process.env.STATE_s)",
    })
    expect(result).toMatchObject({ conclusion: 'failure', exitCode: 3, post: { conclusion: 'success' } })
    expect(result.post?.log).toEqual(['post sees 1'])
  })

  test('a killed step too', async () => {
    const result = await probe("write('STATE', 's=1\\n'); console.log('now'); await sleep(20_000)", {
      kill: (line) => line === 'now',
      post: "console.log('post sees ' + process.env.STATE_s)",
    })
    expect(result).toMatchObject({ conclusion: 'failure', signal: 'SIGKILL' })
    expect(result.post?.log).toEqual(['post sees 1'])
  })

  test('a step that somebody outside kills, too', async () => {
    const killing = new AbortController()
    const result = await probe("console.log('now'); await sleep(20_000)", {
      kill: killing.signal,
      onLine: (line) => line === 'now' && killing.abort(),
      post: "console.log('post')",
    })
    expect(result).toMatchObject({ conclusion: 'failure', signal: 'SIGKILL', post: { log: ['post'] } })
  })

  test('skipPost: nothing runs after main', async () => {
    expect(await probe('', { skipPost: true, post: "console.log('never')" })).not.toHaveProperty('post')
  })

  test('later steps see RUNNER_TEMP as main left it; what post leaves is listed', async () => {
    let seen = ''
    const result = await probe(
      `const fs = process.getBuiltinModule('node:fs'); const file = process.env.RUNNER_TEMP + '/plan.json'
       fs.writeFileSync(file, '{}'); fs.writeFileSync(process.env.RUNNER_TEMP + '/left', ''); write('OUTPUT', 'file=' + file)`,
      {
        laterSteps: ({ outputs }) => {
          seen = readFileSync(outputs['file'] ?? '', 'utf8')
        },
        post: "process.getBuiltinModule('node:fs').rmSync(process.env.RUNNER_TEMP + '/plan.json')",
      },
    )
    expect(seen).toBe('{}')
    expect(result.tempLeft).toEqual(['left'])
    expect(existsSync(result.outputs['file'] ?? '')).toBe(false)
  })

  test("a job folder of the caller's stays, so that a tool cache can be shared", async () => {
    const jobFolder = mkdtempSync(join(workspace, 'job-'))
    const write = "process.getBuiltinModule('node:fs').writeFileSync(process.env.RUNNER_TOOL_CACHE + '/tool', '')"
    await probe(write, { jobFolder })
    expect(existsSync(join(jobFolder, 'tools/tool'))).toBe(true)
  })
})

describe('cancellation', () => {
  const traps = (signals: string[]): string =>
    `for (const signal of ${JSON.stringify(signals)}) process.on(signal, () => console.log('got ' + signal))
     const alive = setInterval(() => {}, 1000); console.log('ready'); await sleep(60_000); clearInterval(alive)`
  const interruptAfter = (line: string): boolean => line === 'ready'

  test('SIGINT alone, when the step obeys it', async () => {
    const script =
      "process.once('SIGINT', () => { console.log('bye'); process.exit(130) }); console.log('ready'); await sleep(60_000)"
    const result = await probe(script, { interruptAfter, post: "console.log('cleaned')" })
    expect(result).toMatchObject({ conclusion: 'cancelled', exitCode: 130, log: ['ready', 'bye'] })
    expect(result.post?.log).toEqual(['cleaned'])
  })

  test('SIGTERM follows when SIGINT is ignored', async () => {
    const result = await probe(traps(['SIGINT']), { interruptAfter })
    expect(result).toMatchObject({ conclusion: 'cancelled', signal: 'SIGTERM', log: ['ready', 'got SIGINT'] })
    expect(result.durationMs).toBeGreaterThan(quick.afterSigint)
  })

  test('SIGKILL ends what ignores both', async () => {
    const result = await probe(traps(['SIGINT', 'SIGTERM']), { interruptAfter })
    expect(result).toMatchObject({ signal: 'SIGKILL', log: ['ready', 'got SIGINT', 'got SIGTERM'] })
    expect(result.durationMs).toBeGreaterThan(quick.afterSigint + quick.afterSigterm)
  })

  test('can come some time after the line, and not at all when the step is done by then', async () => {
    const later = await probe(traps([]), { interruptAfter: (line) => line === 'ready' && { ms: 250 } })
    expect(later.signal).toBe('SIGINT')
    expect(later.durationMs).toBeGreaterThan(250)
    const done = await probe("console.log('ready')", { interruptAfter: (line) => line === 'ready' && { ms: 5000 } })
    expect(done).toMatchObject({ exitCode: 0, signal: null })
  })
})

describe('processes', () => {
  const child = (seconds: number): string =>
    `spawn(process.execPath, ['-e', 'setTimeout(() => {}, ${seconds * 1000})', 'marker-${seconds}'], { stdio: 'inherit' })`

  test('command lines of the tree are seen', async () => {
    const { processes } = await probe(`const tool = ${child(0.3)}; await new Promise((done) => tool.on('exit', done))`)
    expect(processes).toContainEqual(expect.stringContaining('marker-0.3'))
    expect(processes).toContainEqual(expect.stringMatching(/main\.js$/))
  })

  test('a child that outlives its step holds neither the step nor the machine', async () => {
    const result = await probe(
      `const tool = ${child(60)}; console.log('pid=' + tool.pid); await sleep(100); process.exit(0)`,
    )
    expect(result.durationMs).toBeLessThan(5000)
    expect(result.orphans).toEqual([expect.stringContaining('marker-60')])
    await delay(100)
    expect(isAlive(result.log[0]?.slice(4) ?? '')).toBe(false)
  })

  test('a signal reaches the node process alone, not its children', async () => {
    const script = `const tool = ${child(61)}; console.log('ready'); await sleep(60_000)`
    const result = await probe(script, { interruptAfter: (line) => line === 'ready' && { ms: 200 } })
    expect(result).toMatchObject({ signal: 'SIGINT', orphans: [expect.stringContaining('marker-61')] })
  })
})

test('lines arrive live and masked', async () => {
  const live: string[] = []
  await probe(
    "console.log('token ' + process.env.INPUT_TOKEN); console.error('::add-mask::abcdef'); console.log('xabcdefx')",
    {
      onLine: (line) => live.push(line),
    },
  )
  expect(live[0]).toBe('token ***')
})
