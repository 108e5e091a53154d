import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, readable, type Scene } from './support/scene.ts'

const terraform = await requirePart('terraform')

const HOSTILE = [
  '```\n</details>\n# Heading\n@maintainer closes #1',
  '::error file=x::owned\n::set-output name=failure-reason::owned\n::stop-commands::x',
  '##[error]owned',
  '<img src=x onerror=alert(1)><script>alert(1)</script>',
  '<!-- ondol:terraform-apply e30 unsigned -->',
  '[click](javascript:alert(1)) ![x](http://evil.example/x.png)',
  '\u001b[31mred\u001b[0m \u202Eright to left\u202C',
  '~~~~~~\n`````\n|a|b|\n|-|-|',
]

/** A text as HCL writes it: JSON's escapes, and none of its own templates. */
function hcl(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${')
}

terraform.describe('plans that are hostile or large', () => {
  let scene: Scene

  beforeEach(async () => {
    scene = await openScene({ 'infra/README.md': 'a root' })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  test('values that look like Markdown, HTML, mentions and workflow commands stay values', async () => {
    const resources = HOSTILE.map(
      (value, index) =>
        `resource "terraform_data" "r${index}" {\n  for_each = toset([${hcl(value)}])\n  input    = each.key\n}\n`,
    )
    const pullRequest = scene.propose({ 'infra/main.tf': resources.join('\n') })
    const step = await scene.plan(pullRequest)
    expect(step).toMatchObject({ conclusion: 'success', reason: '' })
    expect(step.annotations).toEqual([])
    expect(step.outputs['failure-reason']).toBeUndefined()
    const [comment] = pullRequest.comments()
    const outside = (comment?.body ?? '').replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '')
    expect(outside).not.toMatch(/<(img|script)|\]\(javascript|!\[|(^|[^\w/])@maintainer/m)
    expect(outside.match(/<details>/g)?.length).toBe(outside.match(/<\/details>/g)?.length)

    const applied = await scene.applyMerged(pullRequest)
    expect(applied).toMatchObject({ reason: '', annotations: [] })
    expect(Object.keys(scene.world())).toHaveLength(HOSTILE.length)
  })

  test('1,500 resources are shown whole in up to five comments, and shrink to one again', async () => {
    const many = (count: number) =>
      `resource "terraform_data" "item" {\n  count = ${count}\n  input = format("value of key-%04d", count.index)\n}\n`
    const pullRequest = scene.propose({ 'infra/main.tf': many(1500) })
    const step = await scene.plan(pullRequest)
    expect(step).toMatchObject({ conclusion: 'success', outputs: { add: '1500' } })
    const bodies = pullRequest.comments().map(({ body }) => body)
    expect(bodies.length).toBeGreaterThan(1)
    expect(bodies.length).toBeLessThanOrEqual(5)
    const all = bodies.map(readable).join('\n')
    for (let index = 0; index < 1500; index++) {
      expect(all.split(`value of key-${String(index).padStart(4, '0')}"`)).toHaveLength(2)
    }
    for (const body of bodies) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536)
      expect(body.match(/<details>/g)?.length).toBe(body.match(/<\/details>/g)?.length)
      expect((body.match(/^```/gm)?.length ?? 0) % 2).toBe(0)
    }

    scene.repository.push({ branch: 'change', files: { 'infra/main.tf': many(2) }, by: 'author' })
    await scene.plan(pullRequest)
    expect(pullRequest.comments()).toHaveLength(1)
  })

  test('a plan that needs more than five comments shows its head and where the whole is', async () => {
    const pullRequest = scene.propose({
      'infra/main.tf': `resource "terraform_data" "item" {\n  count = 1200\n  input = { for i in range(10) : "key-\${i}" => "a longer value of \${count.index} \${i}" }\n}\n`,
    })
    const step = await scene.plan(pullRequest)
    expect(step).toMatchObject({ conclusion: 'success', outputs: { add: '1200' } })
    expect(pullRequest.comments()).toHaveLength(1)
    expect(scene.shown(pullRequest)).toContain(`summary of run ${step.run.id}`)
    expect(step.summaryDropped).toBe(false)
    expect(step.summary.length > 200_000 || step.run.artifacts().length > 0).toBe(true)
  })
})
