import { describe, expect, jest, test } from '@jest/globals'
import { countJest, runStages, type Stage, type Tally, tally } from './stages.ts'

const stage = (title: string, result: Tally): Stage => ({ title, run: async () => result })

async function run(stages: readonly Stage[]): Promise<{ code: number; printed: string[] }> {
  const printed: string[] = []
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  try {
    return { code: await runStages(stages), printed: printed.join('').split('\n') }
  } finally {
    write.mockRestore()
  }
}

describe('runStages', () => {
  test('goes on after a failure, sums up, names what was skipped, and closes with the one line', async () => {
    const { code, printed } = await run([stage('a', tally(1, 1)), stage('b', tally(3, 0, ['zizmor: not there']))])
    expect(code).toBe(1)
    expect(printed.at(-2)).toBe('tests: 4 passed, 1 failed, 1 skipped')
    expect(printed).toContain('  - zizmor: not there')
    expect(printed.filter((line) => line.startsWith('tests:'))).toHaveLength(1)
  })

  test('tests that one missing part keeps from running make one line, and count each', async () => {
    const { printed } = await run([stage('a', tally(1, 0, ['x [skipped: no go] one', 'x [skipped: no go] two', 'y']))])
    expect(printed).toEqual(expect.arrayContaining(['  - x [skipped: no go] × 2', '  - y']))
    expect(printed.at(-2)).toBe('tests: 1 passed, 0 failed, 3 skipped')
  })

  test('is 0 only when something passed', async () => {
    expect((await run([stage('a', tally(1, 0))])).code).toBe(0)
    expect((await run([stage('a', tally(0, 0))])).code).toBe(1)
  })
})

describe('countJest', () => {
  const result = {
    numPassedTests: 2,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: [
      {
        assertionResults: [
          { status: 'passed', fullName: 'a' },
          { status: 'pending', fullName: 'b [skipped: x]' },
        ],
      },
    ],
  }

  test('names the skipped', () => {
    expect(countJest(result, 0)).toEqual({ passed: 2, failed: 0, skipped: ['b [skipped: x]'] })
  })

  test('a file that does not load is a failure', () => {
    expect(countJest({ ...result, numRuntimeErrorTestSuites: 1 }, 1)).toMatchObject({ failed: 1 })
  })

  test('an exit code that no test explains is a failure', () => {
    expect(countJest(result, 1)).toMatchObject({ failed: 1 })
  })
})
