import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from './processes.ts'
import { requireCluster } from './require-cluster.ts'
import { clusterProcesses, stillAlive } from './test-support/traces.ts'

const describeCluster = await requireCluster()
const program = fileURLToPath(new URL('../provision/index.ts', import.meta.url))
let state = ''

// Clusters of whoever works on this machine are not these tests' affair.
beforeAll(() => {
  state = mkdtempSync('/var/tmp/ondol-commands-test-')
})
afterAll(() => {
  lab('down')
  rmSync(state, { recursive: true, force: true })
}, 60_000)

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, ONDOL_LAB_STATE: state, ONDOL_KUBECONFIG: undefined })

function lab(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'cluster', ...args], {
    env: environment(),
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

const slotOf = (said: string): number => Number(/registry: 10\.21(\d)/.exec(said)?.[1])

describe('a command line that is none', () => {
  const wrong = [[], ['upp'], ['down', '3'], ['up', '2', '3'], ['up', '--worker', '2']]
  test.each(wrong.map((args) => ({ args })))('$args shows the usage', ({ args }) => {
    expect(lab(...args)).toMatchObject({ status: 2, said: expect.stringContaining('up [--workers N]') })
  })

  test('a given kubeconfig that is not there is named', () => {
    expect(lab('status', '--kubeconfig', '/nowhere')).toEqual({ status: 1, said: 'There is no file /nowhere.\n' })
  })
})

describeCluster('commands', () => {
  test.each(['0', '21', '1.5', 'many'])('%s workers are refused before anything is made', (workers) => {
    expect(lab('up', '--workers', workers)).toMatchObject({
      status: 1,
      said: expect.stringContaining('1 to 20 workers'),
    })
    expect(readdirSync(state)).toEqual([])
  })

  test('up, up again, status, images and down', () => {
    expect(lab('status').said).toContain('There is no cluster')
    const up = lab('up', '--workers', '1')
    expect(up).toMatchObject({ status: 0, said: expect.stringMatching(/^Up in \d+\.\d s\.\n/) })
    expect(up.said).toMatch(/worker-1 +Ready/)
    const processes = clusterProcesses(slotOf(up.said))
    expect(lab('up', '1')).toMatchObject({ status: 0, said: expect.stringContaining('The cluster is up already.') })
    expect(lab('up', '2')).toMatchObject({ status: 1, said: expect.stringContaining('up with 1 workers') })
    expect(stillAlive(processes)).toEqual(processes)
    expect(lab('images').said).toMatch(
      /^library\/busybox:lab {2}sha256:[0-9a-f]{64}\npause:3.10 .*\nlibrary\/node:lab /,
    )
    const kubeconfig = /KUBECONFIG=(\S+)/.exec(up.said)?.[1] ?? ''
    const given = lab('down', '--kubeconfig', kubeconfig)
    expect(given).toMatchObject({ status: 0, said: expect.stringContaining('not taken down') })
    expect(given.said).toMatch(/worker-1 +Ready/)
    expect(lab('down')).toEqual({ status: 0, said: 'Taken down.\n' })
    expect(stillAlive(processes)).toEqual([])
    expect(existsSync(state)).toBe(false)
    expect(lab('down')).toEqual({ status: 0, said: 'There is no cluster.\n' })
  }, 120_000)

  test('what a killed "up" leaves is said by status, and gone after down', async () => {
    const up = spawn(process.execPath, [program, 'cluster', 'up', '2'], { env: environment(), stdio: 'ignore' })
    // It is killed in the midst: a worker has booted, the API server has not answered.
    const slot = (): number =>
      Number(
        readdirSync(state)
          .find((name) => name.startsWith('cluster-'))
          ?.slice(8),
      )
    await until(
      'a worker boots',
      30_000,
      () => existsSync(state) && existsSync(join(state, `cluster-${slot()}/worker-1/containerd.sock`)),
    )
    up.kill('SIGKILL')
    await once(up, 'exit')
    const processes = clusterProcesses(slot())
    expect(processes.map(({ name }) => name)).toEqual(expect.arrayContaining(['etcd', 'tini', 'containerd']))
    expect(lab('status').said).toContain('left by a program that died')
    expect(lab('down').said).toBe('Taken down, with 1 that killed programs left.\n')
    expect(stillAlive(processes)).toEqual([])
    expect(existsSync(state)).toBe(false)
  }, 60_000)
})
