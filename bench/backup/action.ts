// The action's bundle as a runner starts it, measured as a whole process.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { Bench } from './bench.ts'
import { type Cost, measure } from './measured.ts'

const action = fileURLToPath(new URL('../../actions/backup', import.meta.url))

/** Runs one mode in a set of its own. Returns the cost. Throws with the log when it fails. */
export async function runAction(bench: Bench, set: string, inputs: Record<string, string>): Promise<Cost> {
  const { folder, s3, bucket, keys, cancel } = bench
  const temp = join(folder, 'runner')
  mkdirSync(temp, { recursive: true })
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_PATH'].map((name) => {
    writeFileSync(join(temp, name), '')
    return [name, join(temp, name)] as const
  })
  const given = {
    set,
    bucket,
    endpoint: s3.endpoint,
    recipients: keys.recipient,
    'index-key': 'a key for the benchmarks and nothing else',
    ...inputs,
  }
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    GITHUB_REPOSITORY: 'acme/service',
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_EVENT_NAME: 'schedule',
    GITHUB_SHA: '0'.repeat(40),
    GITHUB_WORKSPACE: temp,
    RUNNER_TEMP: temp,
    ...Object.fromEntries(files),
    ...inputVariables(given),
  }
  return await measure(process.execPath, [join(action, 'dist/index.js')], { env, cwd: temp, signal: cancel })
}

/** With the defaults of action.yml, as the runner does. */
function inputVariables(given: Record<string, string>): Record<string, string> {
  const { inputs } = parse(readFileSync(join(action, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>
  }
  const defaults = Object.entries(inputs).map(([name, { default: value = '' }]): [string, string] => [
    name,
    name === 'github-token' ? '' : String(value),
  ])
  const values = Object.entries<string>({ ...Object.fromEntries(defaults), ...given })
  return Object.fromEntries(values.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
}
