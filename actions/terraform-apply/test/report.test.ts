import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, type Scene } from './support/scene.ts'

const terraform = await requirePart('terraform')

const statement = (effect: string, actions: string[], resource: string) =>
  `{ Effect = "${effect}", Action = ${JSON.stringify(actions)}, Resource = "${resource}" }`

/** `statements` and `members` in the order in which they are written. */
const rootOf = (statements: string[], members: string[], instances: number) => `
resource "terraform_data" "policy" {
  input = jsonencode({ Version = "2012-10-17", Statement = [${statements.join(', ')}] })
}

resource "terraform_data" "members" {
  input = ${JSON.stringify(members)}
}

resource "terraform_data" "counted" {
  count = ${instances}
  input = "counted"
}

module "site" {
  source = "../modules/site"
}
`

const READ = statement('Allow', ['s3:GetObject'], 'arn:aws:s3:::logs')
const DENY = statement('Deny', ['s3:DeleteObject'], '*')

terraform.describe('the report of a plan', () => {
  let scene: Scene

  beforeEach(async () => {
    scene = await openScene({
      'infra/main.tf': rootOf([READ, DENY], ['a', 'b', 'c'], 2),
      'modules/site/site.tf': '# The site.\nresource "terraform_data" "page" {\n  input = "first"\n}\n',
    })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  test('says what differs, why, and where it is declared', async () => {
    const first = scene.propose({ 'infra/more.tf': 'resource "terraform_data" "more" {\n  input = 1\n}\n' })
    await scene.plan(first)
    await scene.applyMerged(first)
    const second = scene.propose({
      'infra/main.tf': rootOf([DENY, READ, statement('Allow', ['s3:*'], '*')], ['c', 'a', 'b'], 1),
      'modules/site/site.tf': '# The site.\n\nresource "terraform_data" "page" {\n  input = "second"\n}\n',
    })
    const step = await scene.plan(second, { inputs: { replace: 'terraform_data.more' } })
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    const shown = scene.shown(second)

    expect(shown).toContain('terraform_data.counted[1]</code> — destroy, its index is beyond count')
    expect(shown).toContain('terraform_data.more</code> — replace, asked for with -replace')
    expect(shown).toContain(
      'terraform_data.policy</code> — change, ⚠️ its policy newly allows any action of a service, any resource',
    )
    expect(shown).toContain(
      [
        '    Statement = [',
        '+     {  # ⚠️ newly allows any action of a service, any resource',
        '+       Effect = "Allow"',
        '+       Action = ["s3:*"]',
        '+       Resource = ["*"]',
        '+     }',
        '      # 2 unchanged elements',
        '    ]',
      ].join('\n'),
    )
    expect(shown).toContain('! input = ["a", "b", "c"] -> ["c", "a", "b"]  # order changed')

    const link = (path: string, line: number) =>
      `/blob/${second.headSha}/${path}#L${line}"><code>${path}:${line}</code></a>`
    for (const [path, line] of [
      ['infra/main.tf', 2],
      ['infra/main.tf', 6],
      ['infra/main.tf', 10],
      ['infra/more.tf', 1],
      ['modules/site/site.tf', 3],
    ] as const)
      expect(shown).toContain(link(path, line))
  })

  test.each([{}, { 'comment-group': 'everything' }])('says what the last push did to the plan: %j', async (inputs) => {
    const pullRequest = scene.propose({ 'infra/more.tf': 'resource "terraform_data" "more" {\n  input = 1\n}\n' })
    const planned = async () => {
      expect((await scene.plan(pullRequest, { inputs })).conclusion).toBe('success')
      return scene.shown(pullRequest)
    }
    expect(await planned()).not.toContain('Since the last')
    scene.repository.push({
      branch: 'change',
      files: {
        'infra/more.tf': 'resource "terraform_data" "more" {\n  input = 2\n}\n',
        'infra/other.tf': 'resource "terraform_data" "other" {}\n',
      },
      by: 'author',
    })
    const after = 'Since the last push: 1 resource added to the plan, 1 changed, 5 unchanged.'
    expect(await planned()).toContain(after)
    // Planned again, the news is still what the push did.
    expect(await planned()).toContain(after)
  })
})
