// Runs the stages of `npm test` and `npm run check` one after the other and counts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface Tally {
  passed: number
  failed: number
  /** One line for each thing that was left out: what, and why */
  skipped: string[]
}

export interface Stage {
  title: string
  run: () => Promise<Tally>
}

/** A stage that a program decides by its exit code; it counts as one test. `program` is a path under node_modules. */
export function programStage(title: string, program: string, args: readonly string[]): Stage {
  return {
    title,
    run: async () =>
      (await runNode([join(root, 'node_modules', program), ...args])) === 0 ? tally(1, 0) : tally(0, 1),
  }
}

/** A stage of Jest tests; paths are regular expressions that start with `./`, the checkout. */
export function jestStage(title: string, paths: readonly string[], flags: readonly string[] = []): Stage {
  return { title, run: () => runJest([...flags, ...paths]) }
}

/**
 * Runs the stages, also after a failure, under a heading each; closes with one plain line
 * `tests: N passed, N failed, N skipped`.
 *
 * @returns the exit code: 0 when something passed and nothing failed
 */
export async function runStages(stages: readonly Stage[]): Promise<number> {
  const total = tally(0, 0)
  for (const stage of stages) {
    stdout.write(`\n── ${stage.title}\n`)
    const startedAt = performance.now()
    const { passed, failed, skipped } = await stage.run()
    total.passed += passed
    total.failed += failed
    total.skipped.push(...skipped)
    stdout.write(`── ${stage.title}: ${failed === 0 ? 'passed' : 'FAILED'} in ${seconds(startedAt)}\n`)
  }
  if (total.skipped.length > 0) stdout.write(`\nskipped:\n${listSkipped(total.skipped)}`)
  stdout.write(`\ntests: ${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped\n`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

/** Tests that one missing part keeps from running make one line. */
function listSkipped(skipped: readonly string[]): string {
  const groups = Map.groupBy(skipped, (name) => name.replace(/(\[skipped: .*?\]).*/s, '$1'))
  return [...groups].map(([name, { length }]) => `  - ${name}${length > 1 ? ` × ${length}` : ''}\n`).join('')
}

export function tally(passed: number, failed: number, skipped: string[] = []): Tally {
  return { passed, failed, skipped }
}

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
}

async function runNode(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code
}

async function runJest(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-tests-'))
  const outputFile = join(folder, 'results.json')
  try {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
    const jest = join(root, 'node_modules/jest/bin/jest.js')
    const code = await runNode([...flags, jest, '--passWithNoTests', '--json', `--outputFile=${outputFile}`, ...args])
    // Without a result Jest itself broke down.
    return existsSync(outputFile) ? countJest(JSON.parse(readFileSync(outputFile, 'utf8')), code) : tally(0, 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The parts of Jest's `--json` result that are used here. */
export interface JestResult {
  numPassedTests: number
  numFailedTests: number
  numRuntimeErrorTestSuites: number
  testResults: { assertionResults: { status: string; fullName: string }[] }[]
}

/** Counts one Jest run: a file that can't be loaded is one failure, and so is an exit code that no test explains. */
export function countJest(result: JestResult, exitCode: number | null): Tally {
  const skipped = result.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'todo')
    .map(({ fullName }) => fullName)
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  return tally(result.numPassedTests, failed === 0 && exitCode !== 0 ? 1 : failed, skipped)
}
