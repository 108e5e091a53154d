import { expect, test } from '@jest/globals'
import { expectNoViolations, openScene } from '../../lab/github/support/lab.ts'
import { createCheck } from './checks.ts'
import { githubOf } from './fixtures/client.ts'
import { activeRuns } from './runs.ts'

test('a check stands on its commit, completed, and its texts are cut to what GitHub takes', async () => {
  const scene = await openScene()
  const { headSha } = scene.pullRequest
  const run = scene.repository.run({ event: 'push', headSha, actor: 'author' })
  const check = { name: 'ondol / prod', headSha, conclusion: 'success', url: 'https://github.com/owner/site' } as const
  await createCheck(githubOf(scene), { ...check, title: 't'.repeat(300), summary: 's'.repeat(70_000) })
  await createCheck(githubOf(scene), { ...check, conclusion: 'failure', title: '', summary: '' })
  const [first, second] = run.checks()
  expect(first).toMatchObject({ name: 'ondol / prod', headSha, status: 'completed', conclusion: 'success' })
  expect(first?.output?.title).toHaveLength(255)
  expect(first?.output?.summary).toHaveLength(65_535)
  expect(second).toMatchObject({ conclusion: 'failure', output: { title: 'ondol / prod' } })
  expectNoViolations(scene.lab)
})

test('runs that are going on, and no others', async () => {
  const scene = await openScene()
  const { headSha } = scene.pullRequest
  const done = scene.repository.run({ event: 'push', headSha, actor: 'author' })
  done.complete('success')
  const going = scene.repository.run({ event: 'push', headSha, actor: 'author' })
  const rerun = done.rerun('reviewer')
  const runs = await activeRuns(githubOf(scene, going))
  expect(new Set(runs.map(({ id }) => id))).toEqual(new Set([going.id, rerun.id]))
  expect(runs.find(({ id }) => id === going.id)).toMatchObject({
    url: expect.stringContaining(`/actions/runs/${going.id}`),
    startedAt: going.startedAt,
  })
})
