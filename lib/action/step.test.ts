import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { readContext } from './context.ts'
import { describeError, errorChain, invalidInput, UserError } from './errors.ts'
import { setOutputs } from './outputs.ts'
import { fail, start } from './start.ts'
import { stateSlot } from './state.ts'
import { appendSummary, SUMMARY_LIMIT_BYTES } from './summary.ts'

const environment = { ...process.env }
let folder = ''
let written = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-step-'))
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE']) {
    process.env[name] = join(folder, name)
    writeFileSync(join(folder, name), '')
  }
  written = ''
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
})
afterEach(() => {
  jest.restoreAllMocks()
  process.env = { ...environment }
  process.exitCode = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** What a file command's file says: `name<<delimiter`, the value, the delimiter. */
const said = (file: 'GITHUB_OUTPUT' | 'GITHUB_STATE'): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^(.+)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm)].map(
      ([, name = '', , value = '']) => [name, value],
    ),
  )

/** As the runner does between the halves of a step. */
function handOver(): void {
  for (const [name, value] of Object.entries(said('GITHUB_STATE'))) process.env[`STATE_${name}`] = value
}

describe('an action’s two halves', () => {
  const halves = (problem?: unknown) => {
    const ran: string[] = []
    const half = (name: string) => async () => {
      ran.push(name)
      if (problem !== undefined) throw problem
    }
    return { ran, action: { main: half('main'), post: half('post') } }
  }

  test('are told apart by the script, whatever main has left', async () => {
    const { ran, action } = halves()
    for (const script of ['/action/dist/index.js', '/action/dist/post.js', 'post.js', '/post.js/index.js'])
      await start(action, script)
    expect(ran).toEqual(['main', 'post', 'post', 'main'])
    expect(process.exitCode).toBeUndefined()
  })

  test('main’s failure fails the step with its reason, one sentence and the remedy', async () => {
    await start(halves(new UserError('plan-missing', 'There is no plan.', { remedy: 'Make one.' })).action, 'index.js')
    expect(process.exitCode).toBe(1)
    expect(written).toContain('::error::There is no plan. Make one.\n')
    expect(said('GITHUB_OUTPUT')).toEqual({ 'failure-reason': 'plan-missing' })
  })

  test('post’s failure only warns', async () => {
    await start(halves(new Error('still in use')).action, 'post.js')
    expect(process.exitCode).toBeUndefined()
    expect(written).toContain('::warning::Clean-up: still in use\n')
    expect(said('GITHUB_OUTPUT')).toEqual({})
  })

  test.each([new Error('oops'), 'oops'])('a defect of ours has the reason unexpected (%s)', (problem) => {
    fail(problem)
    expect(written).toContain('::error::oops\n')
    expect(said('GITHUB_OUTPUT')).toEqual({ 'failure-reason': 'unexpected' })
  })
})

describe('errors', () => {
  test('what the user reads', () => {
    expect(describeError(invalidInput('The input x is wrong.'))).toBe('The input x is wrong.')
    expect(describeError(new UserError('r', 'This.', { remedy: 'Do that.' }))).toBe('This. Do that.')
    expect(describeError('text')).toBe('text')
  })

  test('what the debug log keeps: the causes, however they go round', () => {
    const inner = new Error('inner')
    expect(errorChain(new UserError('r', 'outer', { cause: inner }))).toMatch(/outer[\s\S]*caused by: Error: inner/)
    inner.cause = inner
    expect(errorChain(inner).match(/Error: inner/g)).toHaveLength(10)
  })
})

describe('state', () => {
  test.each([[true], [{ a: [1, 'x\ny'], b: null }], ['']])('%j is there in the post step', (value) => {
    const slot = stateSlot<unknown>('slot')
    expect(slot.load()).toBeUndefined()
    slot.save(value)
    handOver()
    expect(slot.load()).toEqual(value)
  })

  test('what was saved last counts, also nothing', () => {
    const slot = stateSlot<{ pid: number } | undefined>('slot')
    slot.save({ pid: 1 })
    slot.save(undefined)
    handOver()
    expect(slot.load()).toBeUndefined()
  })
})

test('outputs: texts, numbers and flags', () => {
  setOutputs({ text: 'two\nlines', number: 0, flag: false })
  expect(said('GITHUB_OUTPUT')).toEqual({ text: 'two\nlines', number: '0', flag: 'false' })
})

describe('the summary', () => {
  const file = () => join(folder, 'summary.md')
  const sizeAfter = (bytes: number, markdown: string) => {
    writeFileSync(file(), 'x'.repeat(bytes))
    const result = appendSummary(file(), markdown, 'short')
    return { result, size: statSync(file()).size }
  }

  test('is appended to what is there', () => {
    appendFileSync(file(), 'before\n')
    expect(appendSummary(file(), '# Plan', 'short')).toBe('written')
    expect(readFileSync(file(), 'utf8')).toBe('before\n# Plan\n')
    expect(appendSummary(undefined, '# Plan', 'short')).toBe('left-out')
  })

  test('fits to the last byte, counted in UTF-8; else the short text, else nothing', () => {
    const room = SUMMARY_LIMIT_BYTES - 1000
    expect(sizeAfter(room, 'y'.repeat(999))).toEqual({ result: 'written', size: SUMMARY_LIMIT_BYTES })
    expect(sizeAfter(room, 'y'.repeat(1000))).toEqual({ result: 'shortened', size: room + 6 })
    expect(sizeAfter(room, '온'.repeat(334))).toEqual({ result: 'shortened', size: room + 6 })
    expect(sizeAfter(SUMMARY_LIMIT_BYTES - 5, 'long enough')).toEqual({
      result: 'left-out',
      size: SUMMARY_LIMIT_BYTES - 5,
    })
  })
})

describe('the context of a run', () => {
  const RUN = {
    GITHUB_REPOSITORY: 'owner/site',
    GITHUB_REPOSITORY_ID: '7',
    GITHUB_RUN_ID: '88',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_SHA: 'a'.repeat(40),
    GITHUB_WORKSPACE: '/workspace',
    RUNNER_TEMP: '/temp',
  }

  test('what the runner tells, with GitHub’s own addresses by default', () => {
    expect(readContext(RUN)).toEqual({
      event: { name: 'push', payload: {} },
      repository: { owner: 'owner', name: 'site', id: 7, defaultBranch: '' },
      sha: 'a'.repeat(40),
      ref: '',
      runId: 88,
      runAttempt: 1,
      job: '',
      actor: '',
      triggeringActor: '',
      workspace: '/workspace',
      tempDirectory: '/temp',
      apiUrl: 'https://api.github.com',
      runUrl: 'https://github.com/owner/site/actions/runs/88',
    })
  })

  test('of a re-run, on a server of one’s own', () => {
    writeFileSync(join(folder, 'event.json'), '{"action":"opened"}')
    const more = {
      GITHUB_EVENT_PATH: join(folder, 'event.json'),
      GITHUB_RUN_ATTEMPT: '3',
      GITHUB_ACTOR: 'author',
      GITHUB_TRIGGERING_ACTOR: 'reviewer',
      GITHUB_SERVER_URL: 'https://git.example',
      GITHUB_API_URL: 'https://git.example/api/v3',
    }
    expect(readContext({ ...RUN, ...more })).toMatchObject({
      event: { payload: { action: 'opened' } },
      runAttempt: 3,
      actor: 'author',
      triggeringActor: 'reviewer',
      apiUrl: 'https://git.example/api/v3',
      runUrl: 'https://git.example/owner/site/actions/runs/88/attempts/3',
    })
    expect(readContext({ ...RUN, GITHUB_ACTOR: 'author' }).triggeringActor).toBe('author')
  })

  test('the default branch is what the event says, or what a schedule runs on', () => {
    const branchOf = (event: string, payload: object): string => {
      writeFileSync(join(folder, 'event.json'), JSON.stringify(payload))
      const more = { GITHUB_EVENT_PATH: join(folder, 'event.json'), GITHUB_REF: 'refs/heads/release/1' }
      return readContext({ ...RUN, ...more, GITHUB_EVENT_NAME: event }).repository.defaultBranch
    }
    expect(branchOf('push', { repository: { default_branch: 'main' } })).toBe('main')
    expect(branchOf('schedule', { repository: { default_branch: 'main' } })).toBe('main')
    expect(branchOf('schedule', { schedule: '17 5 * * *' })).toBe('release/1')
    expect(branchOf('push', {})).toBe('')
  })

  test.each(Object.keys(RUN))('%s is needed', (name) => {
    for (const value of [undefined, ''])
      expect(() => readContext({ ...RUN, [name]: value })).toThrow(
        expect.objectContaining({ reason: 'unsupported-event', message: expect.stringContaining(`${name} isn't set`) }),
      )
  })
})
