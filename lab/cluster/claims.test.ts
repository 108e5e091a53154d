import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { claim, isHeld, isLeftOver, keep, listClaims, release } from './claims.ts'
import { takeDown } from './lifecycle.ts'
import { requireCluster } from './require-cluster.ts'

const describeCluster = await requireCluster()

beforeEach(() => {
  process.env['ONDOL_LAB_STATE'] = mkdtempSync(join(tmpdir(), 'ondol-claims-test-'))
})
afterEach(() => {
  rmSync(process.env['ONDOL_LAB_STATE'] ?? '', { recursive: true, force: true })
  delete process.env['ONDOL_LAB_STATE']
})

describeCluster('claims', () => {
  test('at the same time each gets a slot of its own', async () => {
    const layouts = await Promise.all([claim(1), claim(2), claim(3)])
    expect(new Set(layouts.map(({ slot }) => slot)).size).toBe(3)
    expect(new Set(layouts.map(({ gateway }) => gateway)).size).toBe(3)
    expect(
      listClaims()
        .map(({ workers }) => workers)
        .sort(),
    ).toEqual([1, 2, 3])
  })

  test('a cluster is left over when its program is dead and did not keep it', async () => {
    const program = `
      import { claim, keep } from ${JSON.stringify(new URL('./claims.ts', import.meta.url).href)}
      await claim(1)
      keep(await claim(2))
      console.log('claimed')
      setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Jest's copy of the environment is not the one that a child gets by itself.
      env: process.env,
    })
    await once(child.stdout, 'data')
    await claim(3)
    expect(listClaims().filter(isLeftOver)).toEqual([])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(listClaims().filter(isLeftOver)).toMatchObject([{ workers: 1, owner: { kind: 'process', pid: child.pid } }])
  })

  test('to take a cluster down twice does not touch the one that has its slot by then', async () => {
    const first = await claim(1)
    await takeDown(first)
    const second = await claim(1)
    expect(second.slot).toBe(first.slot)
    await takeDown(first)
    expect([isHeld(first), isHeld(second), existsSync(second.folder)]).toEqual([false, true, true])
    keep(second)
    release(second)
    expect(listClaims()).toEqual([])
  })
})
