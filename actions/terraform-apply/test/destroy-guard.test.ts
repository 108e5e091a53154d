import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { openScene, type Scene, type Step } from './support/scene.ts'
import { describeTools } from './support/tools.ts'

const resource = (name: string, value: string) =>
  `resource "terraform_data" "${name}" {\n  input = "${value}"\n  triggers_replace = "${value}"\n}\n`

/** Destroying what holds data needs a label that somebody other than the author puts on after having seen the plan. */
describeTools('the destroy guard', (tool) => {
  let scene: Scene
  let pullRequest: PullRequest
  const inputs = { 'protected-resources': 'terraform_data.db*\nterraform_data.never' }

  beforeEach(async () => {
    scene = await openScene({ 'infra/main.tf': resource('db', 'one') + resource('app', 'one') }, tool)
    const first = scene.propose({ 'infra/note.tf': '# first\n' }, { branch: 'first' })
    await scene.plan(first, { inputs })
    expect((await scene.applyMerged(first, { inputs })).reason).toBe('')
    pullRequest = scene.propose({ 'infra/main.tf': resource('db', 'two') + resource('app', 'two') })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const planned = async (more: Record<string, string> = {}) => {
    expect((await scene.plan(pullRequest, { inputs: { ...inputs, ...more } })).reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  }
  const apply = (more: Record<string, string> = {}): Promise<Step> =>
    scene.command(pullRequest, 'maintainer', '/apply', { inputs: { ...inputs, ...more } })
  const untouched = { 'terraform_data.app': 'one', 'terraform_data.db': 'one' }
  const replaced = { 'terraform_data.app': 'two', 'terraform_data.db': 'two' }

  test('is shown in the plan, with what forces the replacement', async () => {
    await planned()
    const shown = scene.shown(pullRequest)
    expect(shown).toContain('[!CAUTION]')
    expect(shown).toMatch(/terraform_data\.db.*triggers_replace/)
    expect(shown).toContain('allow-destroy')
  })

  test.each([
    { what: 'no label', arrange: () => {} },
    { what: 'the label put on by the author', arrange: () => pullRequest.label('allow-destroy', 'author') },
    { what: 'the label put on by a reader', arrange: () => pullRequest.label('allow-destroy', 'reader') },
    { what: 'another label', arrange: () => pullRequest.label('allow-everything', 'maintainer') },
    {
      what: 'the label taken off again',
      arrange: () => {
        pullRequest.label('allow-destroy', 'maintainer')
        pullRequest.unlabel('allow-destroy', 'maintainer')
      },
    },
  ])('$what blocks the apply', async ({ arrange }) => {
    await planned()
    arrange()
    expect((await apply()).reason).toBe('destroy-blocked')
    expect(scene.world()).toEqual(untouched)
    expect(scene.shown(pullRequest)).toContain('destroy-blocked')
  })

  test('a label from before the plan blocks the apply', async () => {
    pullRequest.label('allow-destroy', 'maintainer')
    await planned()
    expect((await apply()).reason).toBe('destroy-blocked')
    expect(scene.world()).toEqual(untouched)
  })

  test('the label put on after the plan by somebody else lets it through, also after a refusal', async () => {
    await planned()
    expect((await apply()).reason).toBe('destroy-blocked')
    pullRequest.label('allow-destroy', 'maintainer')
    expect((await apply()).reason).toBe('')
    expect(scene.world()).toEqual(replaced)
  })

  test.each([
    {
      what: 'a move to another name',
      files: `${resource('other', 'two')}moved {\n  from = terraform_data.db\n  to   = terraform_data.other\n}\n`,
      shown: 'terraform_data.other',
    },
    {
      what: 'a count, which adds an index',
      files: resource('db', 'two').replace('{\n', '{\n  count = 1\n'),
      shown: 'terraform_data.db[0]',
    },
  ])('an address stays protected through $what', async ({ files, shown }) => {
    const more = { 'protected-resources': 'terraform_data.db' }
    scene.repository.push({
      branch: 'change',
      files: { 'infra/main.tf': files + resource('app', 'one') },
      by: 'author',
    })
    await planned(more)
    expect(scene.shown(pullRequest)).toMatch(/Destroys 1 protected object/)
    expect(scene.shown(pullRequest)).toContain(shown)
    expect((await apply(more)).reason).toBe('destroy-blocked')
    expect(scene.world()).toEqual(untouched)
    pullRequest.label('allow-destroy', 'maintainer')
    expect((await apply(more)).reason).toBe('')
    expect(scene.world()).toEqual({ 'terraform_data.app': 'one', [shown]: 'two' })
  })

  test('a plan that destroys nothing protected needs no label', async () => {
    scene.repository.push({
      branch: 'change',
      files: { 'infra/main.tf': resource('db', 'one') + resource('app', 'two') },
      by: 'author',
    })
    await planned()
    expect((await apply()).reason).toBe('')
    expect(scene.world()).toEqual({ 'terraform_data.app': 'two', 'terraform_data.db': 'one' })
  })

  test.each([
    { limit: '1', reason: 'destroy-blocked' },
    { limit: '2', reason: '' },
    { limit: '50%', reason: 'destroy-blocked' },
    { limit: '100%', reason: '' },
  ])('max-destroy: $limit of two replacements', async ({ limit, reason }) => {
    const more = { 'protected-resources': 'terraform_data.never', 'max-destroy': limit }
    await planned(more)
    expect((await apply(more)).reason).toBe(reason)
    expect(scene.world()).toEqual(reason === '' ? replaced : untouched)
  })
})
