import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, type Scene } from './support/scene.ts'
import { APPLIED, proposal, serviceFiles } from './support/service.ts'
import { describeTools, TERRAFORM } from './support/tools.ts'

describeTools('events, modes and inputs', (tool) => {
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

  const main = () => scene.repository.tip('main')
  const onMain = (event: string, payload: unknown, inputs: Record<string, string> = {}) => {
    const run = scene.repository.run({ event, headSha: main(), actor: 'maintainer' })
    return scene.step({ event, payload, sha: main(), ref: 'refs/heads/main', run, checkout: main(), inputs })
  }

  test.each(['pull_request_target', 'pull_request_review', 'workflow_run'])(
    '%s is refused whatever the mode says',
    async (event) => {
      const payload = scene.repository.eventPayload('pull_request', { pullRequest, action: 'opened' })
      for (const mode of ['auto', 'plan', 'apply']) {
        const step = await onMain(event, payload, { mode })
        expect(step).toMatchObject({ conclusion: 'failure', reason: 'unsupported-event' })
        expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
      }
    },
  )

  test('a push to another branch is told to be unsupported', async () => {
    const run = scene.repository.run({ event: 'push', headSha: pullRequest.headSha, actor: 'author' })
    const payload = scene.repository.eventPayload('push', {
      branch: 'change',
      before: null,
      after: pullRequest.headSha,
      sender: 'author',
    })
    const step = await scene.step({
      event: 'push',
      payload,
      sha: pullRequest.headSha,
      ref: 'refs/heads/change',
      run,
      checkout: pullRequest.headSha,
    })
    expect(step.reason).toBe('unsupported-event')
  })

  test('a merge group and a run by hand are planned without a comment', async () => {
    const group = await onMain('merge_group', scene.repository.eventPayload('merge_group', { pullRequest }))
    expect(group).toMatchObject({ conclusion: 'success', outputs: { add: '2' } })
    const dispatch = (inputs: Record<string, string>) =>
      scene.repository.eventPayload('workflow_dispatch', { sender: 'maintainer', inputs })
    expect(await onMain('workflow_dispatch', dispatch({ mode: 'plan' }))).toMatchObject({
      conclusion: 'success',
      outputs: { add: '2' },
    })
    expect((await onMain('workflow_dispatch', dispatch({}))).reason).toBe('unsupported-event')
    expect(pullRequest.comments()).toEqual([])
  })

  test('a run by hand applies what the pull request of the default branch tip showed', async () => {
    await scene.plan(pullRequest)
    pullRequest.merge({ by: 'maintainer' })
    const payload = scene.repository.eventPayload('workflow_dispatch', {
      sender: 'maintainer',
      inputs: { mode: 'apply' },
    })
    expect((await onMain('workflow_dispatch', payload)).reason).toBe('')
    expect(scene.world()).toEqual(APPLIED)
  })

  test('a closed pull request that was not merged can not be applied', async () => {
    await scene.plan(pullRequest)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    pullRequest.close()
    expect((await scene.command(pullRequest, 'reviewer', '/apply')).reason).toBe('not-approved')
    expect(scene.world()).toEqual({})
  })

  test('render shows a plan that something else made, and runs no program', async () => {
    const planned = await scene.plan(pullRequest, {
      laterSteps: (step) =>
        writeFileSync(join(scene.folder, 'plan.json'), readFileSync(step.outputs['plan-json-path'] ?? '')),
    })
    const json = readFileSync(join(scene.folder, 'plan.json'), 'utf8')
    const render = (text: string) =>
      scene.plan(pullRequest, {
        inputs: { mode: 'render', 'plan-json': 'plan.json' },
        env: { PATH: '/nonexistent' },
        prepare: (workspace) => writeFileSync(join(workspace, 'plan.json'), text),
      })
    const withPart = (part: object): string => JSON.stringify({ ...JSON.parse(json), ...part })
    const step = await render(json)
    expect(step).toMatchObject({ conclusion: 'success', outputs: { add: planned.outputs['add'] } })
    expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
    expect(pullRequest.comments()).toHaveLength(2)

    for (const broken of [
      '',
      '[]',
      'no JSON',
      json.replace('"create"', '"explode"'),
      json.replace('"1.2"', '"2.0"'),
      json.replace(/("resource_changes":\[\{)"address":/, '$1"adress":'),
      // A run that failed, and parts of another shape than Terraform gives them.
      withPart({ errored: true }),
      withPart({ applyable: 'no', resource_changes: [] }),
      withPart({ variables: { size: null } }),
      withPart({ prior_state: { values: { root_module: { resources: [null] } } } }),
      withPart({ configuration: { root_module: { module_calls: { site: null } } } }),
      json.replace('{', `{"nested":${'['.repeat(20_000)}${']'.repeat(20_000)},`),
    ]) {
      const refused = await render(broken)
      expect(refused).toMatchObject({ conclusion: 'failure', reason: 'invalid-input' })
      expect(refused.summary).not.toMatch(/no changes/i)
    }

    const putOff = await render(
      withPart({ applyable: false, resource_changes: [], output_changes: {}, deferred_changes: [{ reason: 'x' }] }),
    )
    expect(putOff).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } })
    expect(putOff.summary).not.toContain('Everything is as the configuration says')
  })

  // Inputs are read before the program is looked for, so one is enough.
  if (tool === TERRAFORM) {
    test.each([
      {
        inputs: { mode: 'destroy' },
        says: /mode is "destroy"; allowed is one of auto, plan, apply, drift, discover, render/,
      },
      { inputs: { 'working-directory': '../elsewhere' }, says: /working-directory is "..\/elsewhere"/ },
      { inputs: { 'working-directory': 'nowhere' }, says: /working-directory is "nowhere"/ },
      { inputs: { 'plan-key': 'short-secret' }, says: /plan-key is a secret of 12 bytes; at least 32/ },
      { inputs: { variables: '- a\n- b' }, says: /variables isn't a YAML map/ },
      { inputs: { variables: 'a: [secret-in-broken-yaml' }, says: /variables isn't valid YAML/ },
      { inputs: { 'lock-timeout': '5 minutes' }, says: /lock-timeout is "5 minutes"; allowed is a duration/ },
      { inputs: { parallelism: '0' }, says: /parallelism is "0"/ },
      { inputs: { destroy: 'yes' }, says: /destroy is "yes"; allowed is true or false/ },
      { inputs: { redact: '(' }, says: /redact has the line "\("/ },
      { inputs: { 'max-destroy': '120%' }, says: /max-destroy is "120%"/ },
      { inputs: { 'plan-store': 's3://bucket' }, says: /plan-store is "s3:\/\/bucket"/ },
      { inputs: { name: 'deadbeefdeadbeef' }, says: /name is "deadbeefdeadbeef"/ },
      { inputs: { 'var-file': 'nowhere.tfvars' }, says: /var-file names "nowhere.tfvars"/ },
    ])('bad input is told before anything happens: $inputs', async ({ inputs, says }) => {
      const step = await scene.plan(pullRequest, { inputs })
      expect(step).toMatchObject({ conclusion: 'failure', reason: 'invalid-input' })
      const told = step.annotations.map(({ message }) => message).join()
      expect(told).toMatch(says)
      expect(told).not.toMatch(/short-secret|secret-in-broken/)
      expect(scene.github.requests.filter(({ method }) => method !== 'GET')).toEqual([])
      expect(step.log.join('\n')).not.toContain(`${tool.program} init`)
    })
  }

  test('workspace, targets, variables and destroy reach the program', async () => {
    const inputs = { workspace: 'blue', target: 'terraform_data.app', variables: 'size: large' }
    const step = await scene.plan(pullRequest, { inputs })
    expect(step.outputs).toMatchObject({ add: '1', changed: 'true' })
    expect(scene.shown(pullRequest)).toMatch(/workspace <code>blue<\/code>[\s\S]*large/)
    expect((await scene.applyMerged(pullRequest)).reason).toBe('plan-missing')
  })

  test('destroy, replace, not-compared and summary: false do what they say', async () => {
    await scene.plan(pullRequest)
    expect((await scene.applyMerged(pullRequest)).reason).toBe('')
    const next = scene.propose({ 'infra/note.tf': '# note\n' }, { branch: 'note' })
    expect((await scene.plan(next, { inputs: { destroy: 'true' } })).outputs).toMatchObject({
      destroy: '3',
      replace: '0',
    })
    const quiet = await scene.plan(next, { inputs: { replace: 'terraform_data.added', summary: 'false' } })
    expect(quiet.outputs).toMatchObject({ destroy: '0', replace: '1' })
    expect(quiet.summary).toBe('')
    const inputs = { 'not-compared': 'terraform_data.app.input.size' }
    const resized = (size: string) => ({ inputs: { ...inputs, variables: JSON.stringify({ size }) } })
    await scene.plan(next, resized('one'))
    expect(scene.shown(next)).toContain('terraform_data.app.input.size')
    next.review({ by: 'reviewer', state: 'APPROVED' })
    // The output says the size too, and is compared.
    expect((await scene.command(next, 'reviewer', '/apply', resized('two'))).reason).toBe('plan-changed')
    const both = (size: string) => ({
      inputs: {
        'not-compared': 'terraform_data.app.input.size\noutput.size.value',
        variables: JSON.stringify({ size }),
      },
    })
    await scene.plan(next, both('one'))
    next.review({ by: 'reviewer', state: 'APPROVED' })
    expect((await scene.command(next, 'reviewer', '/apply', both('two'))).reason).toBe('')
    expect(scene.world()).toMatchObject({ 'terraform_data.app': { size: 'two' } })
  })

  test('an init that fails, and a half-done apply, are told, and the rest can be approved', async () => {
    const broken = scene.propose(
      { 'infra/module.tf': 'module "x" {\n  source = "./nowhere"\n}\n' },
      { branch: 'broken' },
    )
    const failed = await scene.plan(broken)
    expect(failed.reason).toBe('init-failed')
    expect(scene.shown(broken)).toContain('init-failed')

    const half = scene.propose(
      {
        'infra/half.tf': `resource "terraform_data" "half" {\n  input = "half"\n  provisioner "local-exec" {\n    command = "test -e ${join(scene.folder, 'ready')}"\n  }\n}\n`,
      },
      { branch: 'half' },
    )
    await scene.plan(half)
    const step = await scene.applyMerged(half)
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'apply-failed', outputs: { applied: 'true' } })
    const shown = scene.shown(half)
    expect(shown).toContain('❌')
    expect(shown).toContain('infra/half.tf:')
    const fingerprint = step.outputs['fingerprint']?.slice(0, 12)
    expect(shown).toContain(`/apply infra ${fingerprint}`)
    const rest = await scene.command(half, 'maintainer', `/apply infra ${fingerprint}`, {
      prepare: () => writeFileSync(join(scene.folder, 'ready'), ''),
    })
    expect(rest.reason).toBe('')
    expect(scene.world()).toMatchObject({ 'terraform_data.half': 'half' })
  })

  test('children get the environment of the step without what belongs to the runner and the action', async () => {
    const dump = `resource "terraform_data" "dump" {\n  input = "dump"\n  provisioner "local-exec" {\n    command = "env > ${join(scene.folder, 'environment')}"\n  }\n}\n`
    const dumping = scene.propose({ 'infra/dump.tf': dump }, { branch: 'dump' })
    await scene.plan(dumping)
    expect((await scene.applyMerged(dumping, { env: { DEPLOY_REGION: 'here' } })).reason).toBe('')
    const names = readFileSync(join(scene.folder, 'environment'), 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0] ?? '')
    expect(names).toEqual(expect.arrayContaining(['DEPLOY_REGION', 'PATH', 'HOME', 'GITHUB_SHA']))
    const withheld =
      /^(INPUT_|ACTIONS_RUNTIME_|ACTIONS_RESULTS_URL|ACTIONS_CACHE_|GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY)$)/
    expect(names.filter((name) => withheld.test(name))).toEqual([])
  })

  test('an apply shows its progress in the comment while it goes on', async () => {
    const slow =
      'resource "terraform_data" "slow" {\n  input = "slow"\n  provisioner "local-exec" {\n    command = "sleep 1"\n  }\n}\n'
    const slowly = scene.propose({ 'infra/slow.tf': slow }, { branch: 'slow' })
    await scene.plan(slowly)
    expect((await scene.applyMerged(slowly)).reason).toBe('')
    const edits = scene.github.requests
      .filter(({ method, path }) => method === 'PATCH' && path.includes('/comments/'))
      .map(({ body }) => JSON.stringify(body))
    expect(edits.some((body) => body.includes('Applying'))).toBe(true)
    expect(edits.length).toBeLessThanOrEqual(3)
    expect(scene.shown(slowly)).toMatch(/Applied[\s\S]*terraform_data\.slow/)
  })
})
