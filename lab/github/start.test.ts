import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import { startGitHub } from './index.ts'

test('it starts quickly and leaves neither a folder nor a port', async () => {
  const start = performance.now()
  const lab = await startGitHub()
  expect(performance.now() - start).toBeLessThan(400)
  const { gitDir } = lab.world.repository({ owner: 'owner', name: 'site', files: { 'a.txt': 'a' } })
  expect(existsSync(gitDir)).toBe(true)
  const { status } = await fetch(`${lab.apiUrl}/repos/owner/site`)
  expect(status).toBe(200)
  await lab.close()
  expect(existsSync(dirname(dirname(gitDir)))).toBe(false)
  await expect(fetch(lab.apiUrl)).rejects.toThrow()
})
