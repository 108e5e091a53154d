import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, readable, type Scene } from './support/scene.ts'
import { describeTool, TERRAFORM, TOFU, type ToolUnderTest } from './support/tools.ts'

const resource = (name: string, value: string, more = '') =>
  `resource "terraform_data" "${name}" {\n  input = "${value}"\n${more}}\n`

/** What Terraform doesn't have, or has otherwise. That all else is alike is shown by the gate's tests, which run with both. */
describeTool(TOFU, 'OpenTofu', (tool) => {
  let scene: Scene

  beforeEach(async () => {
    scene = await openScene({ 'infra/README.md': 'a root' }, tool)
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const planned = async (pullRequest: PullRequest, inputs: Record<string, string> = {}) => {
    const step = await scene.plan(pullRequest, { inputs })
    expect(step.reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    return step
  }

  test('is called by its name in the comment, in errors and in the log', async () => {
    const pullRequest = scene.propose({ 'infra/main.tf': resource('one', '1') })
    const step = await planned(pullRequest)
    expect(scene.shown(pullRequest)).toMatch(/^## OpenTofu · infra\n[\s\S]*OpenTofu 1\.\d+\.\d+/)
    expect(step.log.join('\n')).toContain('tofu plan')
    const broken = scene.propose({ 'infra/main.tf': 'module "x" {\n  source = "./none"\n}\n' }, { branch: 'broken' })
    const failed = await scene.plan(broken)
    expect(failed.reason).toBe('init-failed')
    expect(scene.shown(broken)).toContain('tofu init failed')
    for (const text of [...step.log, ...failed.log, scene.shown(broken), step.summary])
      expect(text).not.toContain('Terraform')
  })

  test('reads a .tofu file in place of the .tf file of that name, and the gate holds it to the reviewed one', async () => {
    scene.repository.push({ branch: 'main', files: { 'infra/main.tf': resource('one', 'in .tf') }, by: 'maintainer' })
    const pullRequest = scene.propose({ 'infra/two.tofu': resource('two', 'in .tofu') })
    await planned(pullRequest)
    const hiding = scene.propose({ 'infra/main.tofu': resource('one', 'in .tofu') }, { branch: 'hiding' })
    await planned(hiding)
    expect(scene.shown(hiding)).not.toContain('in .tf"')
    hiding.merge({ by: 'maintainer' })
    const refused = await scene.applyMerged(pullRequest)
    expect(refused.reason).toBe('plan-changed')
    expect(scene.shown(pullRequest)).toContain('infra/main.tofu')
    expect(scene.world()).toEqual({})
  })

  describe('with an encrypted state and plan', () => {
    const passphrase = 'planted-passphrase-of-the-tests'
    const method = (value: string) =>
      `key_provider "pbkdf2" "main" {\n  passphrase = ${value}\n  iterations = 200000\n}\nmethod "aes_gcm" "main" {\n  keys = key_provider.pbkdf2.main\n}\n` +
      'state {\n  method   = method.aes_gcm.main\n  enforced = true\n}\nplan {\n  method   = method.aes_gcm.main\n  enforced = true\n}\n'
    const encrypted = {
      'infra/encryption.tofu': `variable "passphrase" {\n  sensitive = true\n}\nterraform {\n  encryption {\n${method('var.passphrase')}  }\n}\n`,
      'infra/main.tf': `${resource('one', 'stored')}output "one" {\n  value = terraform_data.one.output\n}\n`,
    }
    const stored = () => readFileSync(scene.statePath, 'utf8')

    test('the gate plans, applies and finds nothing left; a passphrase from a variable is told nowhere', async () => {
      const inputs = { variables: `passphrase: ${passphrase}` }
      const pullRequest = scene.propose(encrypted)
      const plan = await planned(pullRequest, inputs)
      const applied = await scene.applyMerged(pullRequest, { inputs })
      expect(applied).toMatchObject({ reason: '', outputs: { applied: 'true', outputs: '{"one":"stored"}' } })
      expect(JSON.parse(stored())).toHaveProperty('encrypted_data')
      expect(stored()).not.toContain('terraform_data')
      const again = await scene.applyMerged(pullRequest, { inputs, attempt: applied.run.rerun('maintainer') })
      expect(again).toMatchObject({ reason: '', outputs: { changed: 'false' } })
      const told = [plan, applied, again].flatMap(({ log, summary, outputs }) => [
        ...log,
        summary,
        JSON.stringify(outputs),
      ])
      expect(told.join('\n') + scene.shown(pullRequest)).not.toContain(passphrase)
    })

    test('a workspace is selected, a failure told and the rest offered, which all need the variable', async () => {
      const inputs = { variables: `passphrase: ${passphrase}`, workspace: 'blue' }
      const failing = 'provisioner "local-exec" {\n    command = "exit 3"\n  }\n'
      const pullRequest = scene.propose({ ...encrypted, 'infra/failing.tf': resource('failing', 'x', failing) })
      await planned(pullRequest, inputs)
      const step = await scene.command(pullRequest, 'reviewer', '/apply', { inputs })
      expect(step).toMatchObject({ reason: 'apply-failed', outputs: { applied: 'true' } })
      expect(scene.shown(pullRequest)).toContain(`/apply infra ${step.outputs['fingerprint']?.slice(0, 12)}`)
    })

    test('a passphrase in TF_ENCRYPTION is told nowhere, not even when it is refused', async () => {
      const env = { TF_ENCRYPTION: method(JSON.stringify('short')).replace('short', 'tooshort-1') }
      const step = await scene.plan(scene.propose({ 'infra/main.tf': resource('one', '1') }), { env })
      expect(step.reason).not.toBe('')
      expect([...step.log, step.summary].join('\n')).not.toContain('tooshort-1')
    })
  })

  test('an object that is forgotten and made anew, and one that is not enabled any more, are shown and applied', async () => {
    const files = (version: string, enabled: boolean) => ({
      'infra/main.tf':
        resource('kept', version, `  triggers_replace = "${version}"\n  lifecycle {\n    destroy = false\n  }\n`) +
        resource('optional', 'x', `  lifecycle {\n    enabled = ${enabled}\n  }\n`),
    })
    const first = scene.propose(files('one', true))
    await planned(first)
    expect((await scene.applyMerged(first)).reason).toBe('')
    const next = scene.propose(files('two', false), { branch: 'next' })
    expect((await planned(next)).outputs).toMatchObject({ add: '1', destroy: '1', forget: '1', replace: '0' })
    expect((await scene.applyMerged(next)).reason).toBe('')
    expect(scene.world()).toEqual({ 'terraform_data.kept': 'two' })
  })
})

/** Both read the same files and write the same state, but what was reviewed is what one of them would do. */
describeTool(TERRAFORM, 'a plan by the other program', () => {
  describeTool(TOFU, 'is not applied', () => {
    test.each([
      { planner: TERRAFORM, applier: TOFU },
      { planner: TOFU, applier: TERRAFORM },
    ])('$planner.name plans, $applier.name refuses', async ({ planner, applier }) => {
      const scene = await openScene({ 'infra/README.md': 'a root' }, TOFU)
      try {
        const by = ({ program }: ToolUnderTest) => ({ inputs: { tool: program } })
        const pullRequest = scene.propose({ 'infra/main.tf': resource('one', '1') })
        expect((await scene.plan(pullRequest, by(planner))).reason).toBe('')
        pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
        const step = await scene.command(pullRequest, 'reviewer', '/apply', by(applier))
        expect(step).toMatchObject({ conclusion: 'failure', reason: 'plan-changed' })
        expect(scene.world()).toEqual({})
        const told = readable(pullRequest.comments()[0]?.body ?? '')
        expect(told).toMatch(new RegExp(`the program is .*${applier.name} 1\\..*; reviewed was .*${planner.name} 1\\.`))
        const fingerprint = step.outputs['fingerprint']?.slice(0, 12)
        const applied = await scene.command(pullRequest, 'reviewer', `/apply ${fingerprint}`, by(applier))
        expect(applied.reason).toBe('')
        expect(scene.world()).toEqual({ 'terraform_data.one': '1' })
      } finally {
        await scene.close()
      }
    })
  })
})
