import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { requirePart } from '../../provision/require-part.ts'
import { openScenario, type Scenario } from '../../scenario/index.ts'
import { useBrowser } from './support/browser.ts'

const [chromium, terraform] = [await requirePart('chromium'), await requirePart('terraform')]

const ACTION = join(import.meta.dirname, '../../../actions/terraform-apply')
const PLAN_KEY = 'plan-key-of-the-tests-0123456789abcdef'
const BACKEND = 'terraform {\n  backend "local" {}\n}\n'

const HOSTILE = [
  '```\n</details></div></article>\n# Heading\n@maintainer closes #1',
  '<img src=x onerror="window.struck=1;alert(\'struck\')"><script>window.struck=1</script>',
  '[click](javascript:window.struck=1) ![x](http://elsewhere.example/x.png) <a href="javascript:window.struck=1">a</a>',
  '<svg onload="window.struck=1"><style>*{background:url(http://elsewhere.example/s)}</style><iframe src="javascript:parent.struck=1">',
  '~~~~~~\n`````\n|a|b|\n|-|-|\n```mermaid\ngraph TD\n  A["<img src=x onerror=alert(1)>"]\n```',
  '--><script>window.struck=1</script><!-- > [!NOTE]\n> text',
]

/** A text as HCL writes it: JSON's escapes, and none of its own templates. */
function hcl(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${')
}

function rootOf(values: readonly string[]): string {
  const resources = values.map(
    (value, index) =>
      `resource "terraform_data" "r${index}" {\n  for_each = toset([${hcl(value)}])\n  input    = each.key\n}\n`,
  )
  const outputs = values.map((value, index) => `output "o${index}" {\n  value = ${hcl(value)}\n}\n`)
  return [...resources, ...outputs].join('\n')
}

terraform.describe('a plan by the bundle', () => {
  chromium.describe('in a browser', () => {
    const visit = useBrowser(chromium.path)
    let scenario: Scenario

    async function plan(main: string) {
      scenario = await openScenario({
        action: ACTION,
        files: { 'infra/backend.tf': BACKEND },
        inputs: (folder) => ({
          'working-directory': 'infra',
          'plan-key': PLAN_KEY,
          'plan-store': `file://${join(folder, 'plans')}`,
          'backend-config': JSON.stringify({ path: join(folder, 'terraform.tfstate') }),
        }),
        masks: [PLAN_KEY],
      })
      const pullRequest = scenario.propose({ 'infra/main.tf': main })
      const step = await scenario.pullRequestRun(pullRequest)
      expect(step).toMatchObject({ conclusion: 'success', reason: '' })
      return { step, address: `${scenario.github.serverUrl}/acme/service/pull/${pullRequest.number}` }
    }

    afterEach(async () => {
      expect(scenario.github.violations).toEqual([])
      await scenario.close()
    })

    test('reads as a plan: counts, folds that open to coloured lines, check, summary of the run', async () => {
      const { step, address } = await plan('resource "terraform_data" "web" {\n  input = { image = "web:1.0" }\n}\n')
      const { page, misdeeds } = await visit(address)
      const comment = page.locator('.comment', { has: page.getByRole('heading', { name: 'Terraform' }) })
      expect(await comment.innerText()).toMatch(/Terraform · infra[\s\S]*🟢 1 add[\s\S]*terraform_data\.web — create/)
      const added = comment.locator('.pl-mi1', { hasText: 'image = "web:1.0"' })
      expect(await added.isVisible()).toBe(false)
      await comment.getByText('terraform_data.web').click()
      expect(await added.isVisible()).toBe(true)
      expect(await page.locator('.checks').innerText()).toMatch(/All checks have passed[\s\S]*ondol \/ infra/)

      await comment.getByRole('link', { name: `run ${step.run.id}` }).click()
      await page.waitForURL(`**/actions/runs/${step.run.id}`)
      expect(await page.locator('.summary').innerText()).toContain('terraform_data.web — create')
      expect(misdeeds).toEqual([])
    })

    test('with hostile values shows each of them as the text that it is', async () => {
      const { address, step } = await plan(rootOf(HOSTILE))
      const runAddress = `${scenario.github.serverUrl}/acme/service/actions/runs/${step.run.id}`
      for (const place of [address, `${address}/files`, runAddress]) {
        const { page, misdeeds } = await visit(place)
        for (const fold of await page.locator('details').all())
          await fold.evaluate((node) => node.setAttribute('open', ''))
        expect(await page.evaluate(() => 'struck' in window)).toBe(false)
        expect(
          await page
            .locator('main :is(script, iframe, style, img, .diagram, [onerror], [onload], [href^="javascript:"])')
            .count(),
        ).toBe(0)
        expect(await page.locator('main').innerText()).toContain('onerror=')
        expect(misdeeds).toEqual([])
      }
    })
  })
})
