import { expect, test } from '@jest/globals'
import { timeProgram, withPeak } from './node-process.ts'

const { signal } = new AbortController()
const run = (script: string) => withPeak((env) => timeProgram(process.execPath, ['-e', script], { env, signal }))

test("the peak is the process's own: what it held and let go counts, what a child held doesn't", async () => {
  const hold = 'Buffer.alloc(200e6, 1).length'
  const [idle, held, child] = [
    await run('0'),
    await run(hold),
    await run(`require('node:child_process').execFileSync(process.execPath, ['-e', '${hold}'])`),
  ]
  expect(held.peakBytes - idle.peakBytes).toBeGreaterThan(190e6)
  expect(child.peakBytes - idle.peakBytes).toBeLessThan(100e6)
})

test('a program that fails has no time', async () => {
  const failing = timeProgram(process.execPath, ['-e', 'console.error("no"); process.exit(3)'], { env: {}, signal })
  await expect(failing).rejects.toThrow(/ended with 3:\nno/)
})
