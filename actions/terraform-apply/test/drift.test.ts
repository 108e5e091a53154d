import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { FaultRule } from '../../../lab/github/index.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { type Provider, provideFiles, ROOT, type Watched, watch } from './support/drift.ts'
import { PLAN_KEY, readable, type Step } from './support/scene.ts'

const terraform = await requirePart('terraform')
const files = await requirePart('provider-local')

terraform.describe('drift', () => {
  files.describe('of real files', () => {
    let provider: Provider
    let watched: Watched

    beforeAll(async () => {
      provider = await provideFiles(terraform.path, files.path)
    })
    afterAll(() => provider.remove())
    beforeEach(async () => {
      watched = await watch(terraform.path, provider)
    })
    afterEach(async () => {
      expect(watched.scene.github.violations).toEqual([])
      await watched.scene.close()
    })

    const remove = (name: string): void => rmSync(join(watched.world, name))
    const push = (content: string): string =>
      watched.scene.repository.push({ branch: 'main', files: { 'infra/main.tf': content }, by: 'author' })
    const textOf = (): string => readable(watched.issues()[0]?.body ?? '')
    const commentsOf = (): string[] => (watched.issues()[0]?.comments ?? []).map(({ body }) => readable(body))
    const warningsOf = ({ annotations }: Step): string[] =>
      annotations.flatMap(({ level, message }) => (level === 'warning' ? [message] : []))
    /** What has been changed on GitHub after that many requests. */
    const writesSince = (from: number): string[] =>
      watched.scene.github.requests
        .slice(from)
        .flatMap(({ method, path }) => (method === 'GET' || path === '/graphql' ? [] : [`${method} ${path}`]))

    test('an issue is opened, left alone while nothing changes, and rewritten', async () => {
      const { look, issues, scene } = watched
      expect(await look()).toMatchObject({ conclusion: 'success', outputs: { drift: '0', changed: 'false' } })
      expect(issues()).toEqual([])

      remove('motd')
      const first = await look()
      expect(first).toMatchObject({ conclusion: 'success', reason: '', outputs: { drift: '1', changed: 'true' } })
      expect(first.outputs['comment-url']).toMatch(/\/issues\/1$/)
      expect(issues()).toMatchObject([{ number: 1, title: 'Drift: infra', state: 'open' }])
      expect(textOf()).toContain('- 🌊 1 object changed outside Terraform\n\n')
      expect(textOf()).toContain('<code>local_file.motd</code> — no longer exists, the next apply creates it again')
      expect(textOf()).not.toContain('Not applied')
      expect(first.summary).toContain('Changed outside Terraform (1)')

      const before = scene.github.requests.length
      expect((await look()).outputs['comment-url']).toBe(first.outputs['comment-url'])
      expect(writesSince(before)).toEqual([])

      Object.assign(issues()[0] ?? {}, { title: 'The message of the day is gone' })
      remove('token')
      const third = await look()
      expect(third.outputs['drift']).toBe('2')
      expect(issues()).toMatchObject([{ title: 'The message of the day is gone', state: 'open', comments: [] }])
      expect(textOf()).toContain('<code>local_file.token</code> — no longer exists')
      const told = [...third.log, third.summary, ...issues().map(({ body }) => body)].join('\n')
      for (const secret of ['token-of-the-tests', PLAN_KEY]) expect(told).not.toContain(secret)
      expect(third.tempLeft).toEqual([])
      expect(scene.repository.checkRuns).toEqual([])
    })

    test('it is closed when the world is repaired, and opened again by new drift', async () => {
      const { look, issues, scene, apply } = watched
      remove('motd')
      await look()
      await apply()
      expect((await look()).outputs['drift']).toBe('0')
      expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }])
      expect(commentsOf()).toEqual([expect.stringMatching(/^Everything is as the configuration says again: run /)])

      const before = scene.github.requests.length
      await look()
      expect(writesSince(before)).toEqual([])

      writeFileSync(join(watched.world, 'motd'), 'edited by hand')
      await look()
      expect(issues()).toMatchObject([{ state: 'open' }])
      expect(commentsOf()[1]).toMatch(/^There is something again: run /)
    })

    test('what is not applied is told apart, and is no failure', async () => {
      push(`${ROOT}\nresource "terraform_data" "added" {\n  input = "added"\n}\n`)
      const inputs = { 'fail-on-drift': 'true' }
      expect(await watched.look({ inputs })).toMatchObject({ conclusion: 'success', outputs: { drift: '0', add: '1' } })
      expect(textOf()).toContain('- ⏳ not applied: 🟢 1 add\n\n')
      expect(textOf()).not.toContain('outside Terraform')

      remove('motd')
      const step = await watched.look({ inputs })
      expect(step).toMatchObject({ conclusion: 'failure', reason: 'drift', outputs: { drift: '1', add: '2' } })
      expect(step.annotations.at(-1)?.message).toBe(
        `1 object was changed outside Terraform. ${step.outputs['comment-url']} says which, and what to do.`,
      )
      expect(watched.issues()).toHaveLength(1)
      const [drifted = '', unapplied = ''] = textOf().split('### Not applied')
      expect(drifted).toContain('- 🌊 1 object changed outside Terraform\n- ⏳ not applied: 🟢 1 add\n')
      expect(drifted).toContain('local_file.motd')
      expect(unapplied).toContain('terraform_data.added')
      expect(unapplied).not.toMatch(/local_file|follower/)
    })

    test('an object that the configuration has given up, too, comes back by no apply', async () => {
      remove('token')
      push(ROOT.replace(/resource "local_file" "token" \{.*?\n\}\n/s, ''))
      expect((await watched.look()).outputs).toMatchObject({ drift: '1', add: '0' })
      expect(textOf()).toContain('<code>local_file.token</code> — no longer exists, no apply changes that')
      expect(textOf()).not.toMatch(/Not applied|\*\*Apply:/)
    })

    test('each root and each workspace has an issue of its own', async () => {
      remove('motd')
      const { look, issues } = watched
      await Promise.all([look(), look({ inputs: { name: 'second' } })])
      await look({ inputs: { workspace: 'staging' } })
      const titles = issues().map(({ title }) => title)
      expect(titles.sort()).toEqual(['Drift: infra', 'Drift: infra (workspace staging)', 'Drift: second'])
    })

    const opening = { method: 'POST', path: /\/issues$/ }
    test.each<{ what: string; rule: FaultRule }>([
      { what: 'a lost reply', rule: { ...opening, times: 1, fault: { kind: 'reset-after-write' } } },
      { what: 'a 502', rule: { ...opening, times: 1, fault: { kind: 'status', status: 502 } } },
    ])('one issue after $what', async ({ rule }) => {
      remove('motd')
      watched.scene.github.faults.add(rule)
      expect(await watched.look()).toMatchObject({ conclusion: 'success' })
      expect(watched.issues()).toMatchObject([{ state: 'open' }])
    })

    test('one issue of two runs at once', async () => {
      remove('motd')
      watched.scene.github.faults.add({ ...opening, times: 2, fault: { kind: 'slow', ms: 300 } })
      await Promise.all([watched.look(), watched.look()])
      expect(watched.issues().filter(({ state }) => state === 'open')).toMatchObject([{ number: 1 }])
    })

    test('a token that may not write issues: a warning, the summary, and a failure only if it is asked for', async () => {
      remove('motd')
      const runAs = { permissions: { contents: 'read' } } as const
      const step = await watched.look({ runAs })
      expect(step).toMatchObject({ conclusion: 'success', outputs: { drift: '1' } })
      expect(warningsOf(step)).toEqual([expect.stringContaining('Add "issues: write"')])
      expect(step.summary).toContain('Changed outside Terraform (1)')
      const strict = await watched.look({ runAs, inputs: { 'fail-on-drift': 'true' } })
      expect(strict).toMatchObject({ conclusion: 'failure', reason: 'drift' })
      expect(warningsOf(strict)).toHaveLength(1)
    })

    test('issues that are switched off: a warning', async () => {
      remove('motd')
      watched.scene.github.faults.add({ path: /\/issues$/, fault: { kind: 'status', status: 410 } })
      const step = await watched.look()
      expect(step).toMatchObject({ conclusion: 'success', outputs: { drift: '1' } })
      expect(warningsOf(step)).toEqual([expect.stringContaining('has them switched off')])
    })

    test('an issue that can not be written is a failure, after the summary; with comment: off none is', async () => {
      remove('motd')
      watched.scene.github.faults.add({ ...opening, fault: { kind: 'status', status: 422, message: 'Spammed' } })
      const step = await watched.look()
      expect(step).toMatchObject({ conclusion: 'failure', reason: 'unexpected' })
      expect(step.annotations.at(-1)?.message).toMatch(/^The issue about drift could not be written: Spammed/)
      expect(step.summary).toContain('Changed outside Terraform (1)')

      const before = watched.scene.github.requests.length
      expect(await watched.look({ inputs: { comment: 'off' } })).toMatchObject({
        conclusion: 'success',
        outputs: { drift: '1' },
      })
      expect(writesSince(before)).toEqual([])
    })

    test('a plan that fails leaves the issue as it is', async () => {
      remove('motd')
      await watched.look()
      push(`${ROOT}\noutput "broken" {\n  value = file("missing")\n}\n`)
      const before = watched.scene.github.requests.length
      expect(await watched.look()).toMatchObject({ conclusion: 'failure', reason: 'plan-failed' })
      expect(writesSince(before)).toEqual([])
    })

    test('a re-run of an older commit leaves it, too', async () => {
      const { run } = await watched.look()
      push(`${ROOT}\nresource "terraform_data" "added" {}\n`)
      await watched.apply()
      const again = await watched.look({ attempt: run.rerun('maintainer') })
      expect(again).toMatchObject({ conclusion: 'success', outputs: { destroy: '1' } })
      expect(warningsOf(again)).toEqual([expect.stringContaining('older commit of main')])
      expect(watched.issues()).toEqual([])
    })
  })
})
