import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { machineObstacle } from './obstacle.ts'

const isRoot = process.getuid?.() === 0

/** What a process says that runs otherwise than this one. */
function inProcess(before: string, ...wrapper: string[]): string {
  const program = `
    const { machineObstacle } = await import(${JSON.stringify(new URL('./obstacle.ts', import.meta.url).href)})
    ${before}
    console.log(await machineObstacle())`
  const [file = '', ...args] = [...wrapper, process.execPath, '--input-type=module', '--eval', program]
  return execFileSync(file, args, { encoding: 'utf8' })
}

test('without root it says so, and what to do', async () => {
  const said = isRoot ? inProcess('process.setuid(65534)') : await machineObstacle()
  expect(said).toContain('a lab cluster needs root, for its namespaces and cgroups; set ONDOL_KUBECONFIG')
})

const testAsRoot = isRoot ? test : test.skip

testAsRoot('root in a sandbox that refuses namespaces is told the kernel’s words', () => {
  const said = inProcess('', 'setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin')
  expect(said).toMatch(/needs namespaces, and this machine refuses them \(unshare .*Operation not permitted\)/)
})
