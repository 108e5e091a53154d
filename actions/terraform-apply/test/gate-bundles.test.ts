import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { canonicalJson } from '../../../lib/crypto/fingerprint.ts'
import { openBundle, sealBundle } from '../src/bundle/bundle.ts'
import { deriveKeys } from '../src/keys.ts'
import { openScene, PLAN_KEY, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'
import { describeTools, TERRAFORM } from './support/tools.ts'

/** Numbers from 0 to 1 that are the same at each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A stored plan is evidence: whoever writes into the store can stop an apply, and can never steer one. */
describeTools('the gate trusts no stored plan', (tool) => {
  let scene: Scene
  let pullRequest: PullRequest

  beforeEach(async () => {
    scene = await openScene(serviceFiles, tool)
    pullRequest = scene.propose(proposal)
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const stored = (): string[] => {
    const folder = join(scene.folder, 'plans')
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.plan'))
      .map((path) => join(folder, path))
  }
  const planned = async (inputs: Record<string, string> = {}) => {
    const step = await scene.plan(pullRequest, { inputs })
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    return step
  }
  const binding = (runId: number, other: Partial<{ headSha: string; pullRequest: number; root: string }> = {}) => ({
    repositoryId: scene.repository.id,
    pullRequest: pullRequest.number,
    headSha: pullRequest.headSha,
    root: 'infra',
    directory: 'infra',
    workspace: 'default',
    runId,
    ...other,
  })

  test('a stored plan is readable by its owner only, and holds no secret in clear text', async () => {
    await planned({ variables: 'password: planted-secret-value' })
    const [file = ''] = stored()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file).includes('planted-secret-value')).toBe(false)
  })

  test.each([
    {
      what: 'one flipped bit',
      change: (bytes: Buffer) => bytes.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
    },
    { what: 'a truncated one', change: (bytes: Buffer) => bytes.subarray(0, bytes.length - 7) },
    { what: 'an empty one', change: () => Buffer.alloc(0) },
    { what: 'a foreign file', change: () => Buffer.from('{"terraform_version":"1.11.4"}') },
    { what: 'an enormous one', change: () => Buffer.alloc(33 * 1024 * 1024) },
  ])('$what is plan-tampered', async ({ change }) => {
    await planned()
    const [file = ''] = stored()
    writeFileSync(file, change(readFileSync(file)))
    const step = await scene.command(pullRequest, 'reviewer', '/apply')
    expect(step.reason).toBe('plan-tampered')
    expect(step.log.join('\n')).not.toMatch(/terraform|tofu/)
    expect(scene.world()).toEqual({})
  })

  // No program is run here, so a second one would prove nothing.
  if (tool === TERRAFORM) {
    test('100 random bit flips and truncations: each is plan-tampered, and nothing is run', async () => {
      await planned()
      const [file = ''] = stored()
      const honest = readFileSync(file)
      const within = relative(join(scene.folder, 'plans'), file)
      const random = generator(20_261_125)
      const attempt = async (number: number) => {
        const place = Math.floor(random() * honest.length)
        const bytes =
          number % 2 === 0
            ? honest.subarray(0, place)
            : honest.map((byte, index) => (index === place ? byte ^ (1 << (number % 8)) : byte))
        const store = join(scene.folder, `store-${number}`)
        mkdirSync(dirname(join(store, within)), { recursive: true })
        writeFileSync(join(store, within), bytes)
        const step = await scene.command(pullRequest, 'reviewer', '/apply', {
          inputs: { 'plan-store': `file://${store}`, comment: 'off' },
        })
        return { number, place, reason: step.reason, ran: step.log.join('\n').includes(tool.program) }
      }
      for (let number = 0; number < 100; number += 4) {
        const outcomes = await Promise.all([0, 1, 2, 3].map((offset) => attempt(number + offset)))
        for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: 'plan-tampered', ran: false })
      }
      expect(scene.world()).toEqual({})
    }, 180_000)
  }

  test('a replay from another commit or pull request, and another key, are plan-tampered', async () => {
    await planned()
    const [first = ''] = stored()
    const replay = readFileSync(first)
    scene.repository.push({ branch: 'change', files: { 'infra/more.tf': '# more\n' }, by: 'author' })
    await planned()
    const second = stored().find((path) => path !== first) ?? ''
    writeFileSync(second, replay)
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('plan-tampered')

    const other = scene.propose({ 'infra/other.tf': '# other\n' }, { branch: 'other' })
    await scene.plan(other)
    other.review({ by: 'reviewer', state: 'APPROVED' })
    const third = stored().find((path) => path !== first && path !== second) ?? ''
    writeFileSync(third, replay)
    expect((await scene.command(other, 'reviewer', '/apply')).reason).toBe('plan-tampered')

    const inputs = { 'plan-key': 'another-key-of-the-tests-0123456789ab' }
    expect((await scene.command(other, 'reviewer', '/apply', { inputs })).reason).toBe('plan-tampered')
    expect(scene.world()).toEqual({})
  })

  test('a bundle forged under the right key can not make anything run that was not in the files', async () => {
    const { run } = await planned()
    const [file = ''] = stored()
    const keys = deriveKeys(PLAN_KEY)
    const honest = openBundle(keys.bundle, readFileSync(file), binding(run.id))

    // With the honest canonical plan it is as good as the real one: what is applied is planned afresh from the files.
    writeFileSync(file, sealBundle(keys.bundle, { ...honest, plannedAt: '2020-01-01T00:00:00Z' }, binding(run.id)))
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a forged canonical plan or closure under the right key is refused', async () => {
    const { run } = await planned()
    const [file = ''] = stored()
    const keys = deriveKeys(PLAN_KEY)
    const honest = openBundle(keys.bundle, readFileSync(file), binding(run.id))
    const evil = JSON.parse(JSON.stringify(honest)) as typeof honest
    const app = evil.canonical.resources['terraform_data.app']
    if (app) app.after['input'] = { command: 'evil' }
    writeFileSync(file, sealBundle(keys.bundle, evil, binding(run.id)))
    // It is not the one that the comment shows; and where no comment says what was shown, it is not what comes out.
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('plan-missing')
    expect(
      (await scene.command(pullRequest, 'reviewer', '/apply', { inputs: { name: 'infra', comment: 'off' } })).reason,
    ).not.toBe('')

    const closure = { ...honest.closure, files: { ...honest.closure.files, 'infra/main.tf': '0'.repeat(64) } }
    writeFileSync(file, sealBundle(keys.bundle, { ...honest, closure }, binding(run.id)))
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('plan-changed')

    const shapeless = { version: 1, kind: 'reviewed', plannedAt: 'now', canonical: {} } as never
    writeFileSync(file, sealBundle(keys.bundle, shapeless, binding(run.id)))
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('plan-tampered')
    expect(scene.world()).toEqual({})
    expect(canonicalJson(honest.canonical)).not.toContain('first-password')
  })

  test('without plan-key a plan is shown, says that it can not be applied, and an apply is refused', async () => {
    const inputs = { 'plan-key': '' }
    const step = await scene.plan(pullRequest, { inputs })
    expect(step.reason).toBe('')
    expect(scene.shown(pullRequest)).toContain('plan-key')
    expect((await scene.command(pullRequest, 'reviewer', '/apply', { inputs })).reason).toBe('invalid-input')
    expect(scene.world()).toEqual({})
  })

  test('artifacts carry the plan too: of this repository only, by the run that they are bound to', async () => {
    const inputs = { 'plan-store': 'artifact' }
    const { run } = await planned(inputs)
    expect(run.artifacts()).toHaveLength(1)
    expect((await scene.command(pullRequest, 'reviewer', '/apply', { inputs })).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a re-run of the plan replaces its artifact', async () => {
    const inputs = { 'plan-store': 'artifact' }
    const { run } = await planned(inputs)
    const again = await scene.plan(pullRequest, { inputs, attempt: run.rerun('author') })
    expect(again.reason).toBe('')
    expect((await scene.command(pullRequest, 'maintainer', '/apply', { inputs })).reason).toBe('not-approved')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(pullRequest, 'maintainer', '/apply', { inputs })).reason).toBe('')
  })
})
