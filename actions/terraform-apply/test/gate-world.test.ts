import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'
import { describeTools } from './support/tools.ts'

/** The pull request, the branch and the files go on changing while a plan waits; none of that may bring in the unreviewed. */
describeTools('the gate while the world moves on', (tool) => {
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

  const other = { inputs: { variables: JSON.stringify({ size: 'unreviewed' }) } }
  const planned = async () => {
    expect((await scene.plan(pullRequest)).reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  }
  /** Does something at the moment when the plan of the apply is being made. */
  const whilePlanning = (act: () => void) => {
    let done = false
    return {
      onLine: (line: string) => {
        if (done || !line.includes(`${tool.program} plan`)) return
        done = true
        act()
      },
    }
  }

  test('a plan made after the merge, by a command or a re-run, was not approved by the merge', async () => {
    const first = await scene.plan(pullRequest)
    pullRequest.merge({ by: 'maintainer' })
    await scene.plan(pullRequest, { ...other, attempt: first.run.rerun('author') })
    const pushed = await scene.applyMerged(pullRequest, other)
    expect(pushed.reason).not.toBe('')
    expect((await scene.command(pullRequest, 'author', '/plan infra', other)).reason).toBe('')
    const again = await scene.applyMerged(pullRequest, { ...other, attempt: pushed.run.rerun('author') })
    expect(again.reason).not.toBe('')
    expect(scene.world()).toEqual({})
    const fingerprint = again.outputs['fingerprint']?.slice(0, 12)
    expect((await scene.command(pullRequest, 'author', `/apply infra ${fingerprint}`, other)).reason).toBe(
      'not-approved',
    )
    expect((await scene.command(pullRequest, 'reviewer', `/apply infra ${fingerprint}`, other)).reason).toBe('')
  })

  test('only what goes to the default branch is applied', async () => {
    scene.repository.push({ branch: 'aside', files: { 'infra/aside.tf': '# aside\n' }, by: 'author' })
    scene.repository.push({ branch: 'evil', files: proposal, by: 'author', from: 'refs/heads/aside' })
    const aside = scene.repository.openPullRequest({ head: 'evil', base: 'aside', author: 'author' })
    await scene.plan(aside)
    expect(scene.shown(aside)).toContain('only what goes to main is applied')
    aside.merge({ by: 'author' })
    for (const policy of ['', 'merged', 'none']) {
      const step = await scene.command(aside, 'author', '/apply infra', {
        inputs: { 'require-approval': policy },
        checkout: 'refs/heads/aside',
      })
      expect(step.reason).not.toBe('')
      expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
    }
    expect(scene.world()).toEqual({})
  })

  test.each<[string, () => void]>([
    ['closed', () => pullRequest.close()],
    [
      'pushed to',
      () => void scene.repository.push({ branch: 'change', files: { 'infra/late.tf': '# late\n' }, by: 'author' }),
    ],
    ['disapproved', () => void pullRequest.review({ by: 'reviewer', state: 'CHANGES_REQUESTED' })],
    ['merged', () => void pullRequest.merge({ by: 'maintainer' })],
  ])('a pull request that is %s while the apply plans is not applied', async (_, act) => {
    await planned()
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', whilePlanning(act))
    expect(step.reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test('a base branch that moves on while the apply plans is not applied over', async () => {
    await planned()
    const act = () =>
      void scene.repository.push({ branch: 'main', files: { 'infra/main.tf': '# emptied\n' }, by: 'maintainer' })
    const step = await scene.applyMerged(pullRequest, whilePlanning(act))
    expect(step.reason).toBe('plan-changed')
    expect(scene.world()).toEqual({})
  })

  test('an older plan does not take the place of the one that the comment shows', async () => {
    await scene.plan(pullRequest, other)
    await planned()
    const folder = join(scene.folder, 'plans')
    const stored = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.plan'))
      .sort()
    rmSync(join(folder, stored.at(-1) ?? ''))
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', other)
    expect(step.reason).toBe('plan-missing')
    expect(scene.world()).toEqual({})
  })

  test('a fingerprint stands for the files too: another script is another fingerprint', async () => {
    const script = (text: string) => ({
      'infra/run.sh': text,
      'infra/hook.tf':
        'resource "terraform_data" "script" {\n  input = 1\n  provisioner "local-exec" {\n    command = "sh run.sh"\n  }\n}\n',
    })
    const scripted = scene.propose(script('true\n'), { branch: 'scripted' })
    const first = await scene.plan(scripted)
    scene.repository.push({
      branch: 'scripted',
      files: { 'infra/run.sh': `touch ${join(scene.folder, 'owned')}\n` },
      by: 'author',
    })
    const second = await scene.plan(scripted)
    expect(second.outputs['fingerprint']).not.toBe(first.outputs['fingerprint'])
    const step = await scene.command(scripted, 'reviewer', `/apply infra ${first.outputs['fingerprint']?.slice(0, 12)}`)
    expect(step.reason).toBe('plan-missing')
    expect(readdirSync(scene.folder)).not.toContain('owned')
  })

  test('a file outside of the root that the configuration names is held to the reviewed one, and to the branch', async () => {
    const outside = {
      'config/things.json': '["old"]\n',
      'infra/things.tf':
        'resource "terraform_data" "thing" {\n  for_each = toset(jsondecode(file("../config/things.json")))\n  input    = each.key\n}\n',
    }
    const first = scene.propose(outside, { branch: 'things' })
    await scene.plan(first)
    const applied = await scene.applyMerged(first)
    expect(applied.reason).toBe('')
    const next = scene.propose({ 'config/things.json': '[]\n' }, { branch: 'fewer' })
    await scene.plan(next)
    expect((await scene.applyMerged(next)).reason).toBe('')
    const world = scene.world()
    const again = await scene.applyMerged(first, { attempt: applied.run.rerun('maintainer') })
    expect(again.reason).toBe('plan-changed')
    expect(scene.world()).toEqual(world)
  })

  test('a checkout of other files is refused before init, which has the credentials of the backend', async () => {
    await planned()
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', {
      prepare: (workspace) =>
        writeFileSync(
          join(workspace, 'infra/backend.tf'),
          'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n}\n',
        ),
    })
    expect(step.reason).toBe('plan-changed')
    expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
  })

  test.each([
    { what: 'TF_WORKSPACE', options: { env: { TF_WORKSPACE: 'prod' } } },
    {
      what: 'a selection that the repository brings',
      options: {
        prepare: (workspace: string) => {
          mkdirSync(join(workspace, 'infra/.terraform'), { recursive: true })
          writeFileSync(join(workspace, 'infra/.terraform/environment'), 'prod')
          mkdirSync(join(workspace, 'infra/terraform.tfstate.d/prod'), { recursive: true })
        },
      },
    },
  ])('the workspace is the one of the input, not of $what', async ({ options }) => {
    const step = await scene.plan(pullRequest, options)
    expect(step).toMatchObject({ conclusion: 'failure' })
    expect(step.reason).toMatch(/invalid-input|init-failed/)
    expect((await scene.plan(pullRequest)).reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(pullRequest, 'reviewer', '/apply', options)).reason).not.toBe('')
    expect(scene.world()).toEqual({})
  })

  test('a root that is a link works like the folder that it leads to', async () => {
    const step = await scene.plan(pullRequest, {
      inputs: { 'working-directory': 'linked' },
      prepare: (workspace) => symlinkSync('infra', join(workspace, 'linked')),
    })
    expect(step.reason).toBe('')
  })

  test('ephemeral variables are given to the apply again', async () => {
    const ephemeral = scene.propose(
      { 'infra/token.tf': 'variable "token" {\n  type      = string\n  ephemeral = true\n}\n' },
      { branch: 'ephemeral' },
    )
    const inputs = { variables: 'token: a-token-for-the-run' }
    expect((await scene.plan(ephemeral, { inputs })).reason).toBe('')
    expect((await scene.applyMerged(ephemeral, { inputs })).reason).toBe('')
  })

  test('an apply is told even when a newer run has written the comment', async () => {
    await planned()
    const refused = await scene.command(pullRequest, 'author', '/apply infra', other)
    const older = refused.run
    await planned()
    const step = await scene.command(pullRequest, 'reviewer', '/apply infra', { attempt: older.rerun('reviewer') })
    expect(step.reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
    expect(pullRequest.comments().some(({ body }) => body.includes('**Applied:**'))).toBe(true)
  })

  test("a refused command leaves the plan's check alone", async () => {
    const { run } = await scene.plan(pullRequest)
    for (const by of ['outsider', 'author'])
      expect((await scene.command(pullRequest, by, '/apply infra')).reason).toBe('not-approved')
    expect(run.checks().map(({ conclusion }) => conclusion)).toEqual(['success'])
  })

  test('a cancelled plan and a cancelled show are told as interrupted', async () => {
    for (const moment of [`${tool.program} init`, `${tool.program} plan`]) {
      const step = await scene.plan(pullRequest, { interruptAfter: (line) => line.includes(moment) })
      expect(step.conclusion).toBe('cancelled')
      expect(['interrupted', '']).toContain(step.reason)
    }
  })

  test('a plan that can not be stored is told so in comment and check', async () => {
    const file = join(scene.folder, 'no-folder')
    writeFileSync(file, '')
    const step = await scene.plan(pullRequest, { inputs: { 'plan-store': `file://${file}` } })
    expect(step.conclusion).toBe('failure')
    expect(scene.shown(pullRequest)).toContain("can't be applied")
    expect(step.run.checks()).toMatchObject([{ conclusion: 'failure' }])
  })
})
