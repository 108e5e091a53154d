import { afterEach, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { requirePart } from '../../provision/require-part.ts'
import { useBrowser, type Visit } from './support/browser.ts'
import { DESCRIPTION, openPageScene, type PageScene } from './support/scene.ts'

const chromium = await requirePart('chromium')

const COMMENT = `## Terraform · infra

> [!CAUTION]
> Destroys 1 protected object:
> - \`terraform_data.database\`

<details><summary>🟡 <code>terraform_data.app</code> — change</summary>

\`\`\`diff
+ added = 1
- removed = 2
! changed = 3 -> 4
  same = "${'far '.repeat(60)}"
\`\`\`

</details>
`

/** The colours that an element is painted with. */
function paintOf(page: Page, selector: string): Promise<{ ink: string; ground: string }> {
  return page
    .locator(selector)
    .first()
    .evaluate((node) => {
      const { color, backgroundColor } = getComputedStyle(node)
      return { ink: color, ground: backgroundColor }
    })
}

function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
}

chromium.describe('a pull request in a browser', () => {
  const visit = useBrowser(chromium.path)
  const visits: Visit[] = []

  async function open(...request: Parameters<typeof visit>): Promise<Page> {
    const opened = await visit(...request)
    visits.push(opened)
    return opened.page
  }

  afterEach(() => {
    expect(visits.splice(0).flatMap(({ misdeeds }) => misdeeds)).toEqual([])
  })

  function playThrough({ lab, repository, pullRequest }: PageScene): void {
    pullRequest.comment('github-actions[bot]', COMMENT)
    repository.label('allow-destroy').color = 'd73a4a'
    pullRequest.label('allow-destroy', 'reviewer')
    pullRequest.dismiss(pullRequest.review({ by: 'reviewer', state: 'CHANGES_REQUESTED' }), 'author', 'Mended')
    lab.world.clock.advance(7200)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED', body: 'Good :+1:' })
    pullRequest.comment('author', '/apply')
    const run = repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })
    run.complete('success')
    pullRequest.merge({ by: 'reviewer' })
  }

  test('shows the conversation in the order in which it came, and how it stands', async () => {
    const scene = await openPageScene(DESCRIPTION)
    playThrough(scene)
    const page = await open(scene.address)
    expect(await page.locator('h1').innerText()).toBe('Raise the size #1')
    expect(await page.locator('.head .pill').innerText()).toBe('Merged')
    expect(await page.locator('.head').innerText()).toContain('reviewer merged 1 commit into main from raise')
    const told = await page.locator('.timeline > *').allInnerTexts()
    expect(told.map((text) => text.replace(/\s+/g, ' ').trim().slice(0, 48))).toEqual([
      expect.stringMatching(/^author commented 2 hours ago Author Raises the/),
      expect.stringMatching(/^Raise the size [0-9a-f]{7}$/),
      expect.stringMatching(/^github-actions bot commented 2 hours ago/),
      expect.stringMatching(/^reviewer added the allow-destroy label/),
      expect.stringMatching(/^reviewer left a review that was dismissed later/),
      expect.stringMatching(/^author dismissed a review: Mended/),
      expect.stringMatching(/^reviewer approved these changes on [0-9a-f]{7} now/),
      expect.stringMatching(/^reviewer left a comment now Good 👍/),
      expect.stringMatching(/^author commented now Author \/apply/),
      expect.stringMatching(/^reviewer merged commit [0-9a-f]{7} into main/),
    ])
    expect(await page.locator('.checks h2').innerText()).toBe('All checks have passed')
    expect(await page.locator('.ending').innerText()).toContain('Pull request successfully merged and closed')
    expect(await paintOf(page, 'aside .label')).toEqual({ ink: 'rgb(255, 255, 255)', ground: 'rgb(215, 58, 74)' })
  })

  test('a fold opens on click, and the lines of a diff have their colours', async () => {
    const scene = await openPageScene('')
    scene.pullRequest.comment('github-actions[bot]', COMMENT)
    const page = await open(scene.address)
    const line = page.getByText('+ added = 1')
    expect(await line.isVisible()).toBe(false)
    await page.getByText('terraform_data.app').click()
    expect(await line.isVisible()).toBe(true)
    const grounds = await Promise.all(['mi1', 'md', 'mc'].map((kind) => paintOf(page, `.pl-${kind}`)))
    expect(grounds.map(({ ground }) => ground)).toEqual([
      'rgb(218, 251, 225)',
      'rgb(255, 235, 233)',
      'rgb(255, 216, 181)',
    ])
    expect(await page.locator('.markdown-alert-caution').innerText()).toMatch(/^Caution\s+Destroys 1 protected object:/)
    expect(await paintOf(page, '.markdown-alert-title')).toMatchObject({ ink: 'rgb(209, 36, 47)' })
  })

  test('task lists have boxes, and a diagram is drawn', async () => {
    const page = await open((await openPageScene(DESCRIPTION)).address)
    const boxes = page.locator('input[type=checkbox]')
    expect(await boxes.evaluateAll((nodes) => nodes.map((node) => (node as HTMLInputElement).checked))).toEqual([
      true,
      false,
    ])
    const drawing = page.locator('.diagram svg')
    expect(await drawing.textContent()).toMatch(/Plan.*Review.*Apply/s)
    expect((await drawing.boundingBox())?.width).toBeGreaterThan(200)
  })

  test('it is dark for those who want it dark', async () => {
    const { address } = await openPageScene(DESCRIPTION)
    const light = await paintOf(await open(address), 'body')
    const dark = await paintOf(await open(address, { scheme: 'dark' }), 'body')
    expect([light, dark]).toEqual([
      { ink: 'rgb(31, 35, 40)', ground: 'rgb(255, 255, 255)' },
      { ink: 'rgb(240, 246, 252)', ground: 'rgb(13, 17, 23)' },
    ])
  })

  test('on a telephone no page is wider than the screen; long lines scroll in their box', async () => {
    const scene = await openPageScene(DESCRIPTION)
    playThrough(scene)
    const page = await open(scene.address, { width: 390 })
    await page.getByText('terraform_data.app').click()
    expect(await overflowOf(page)).toBe(0)
    const code = page.locator('details pre')
    expect(await code.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)).toBe(true)
    expect(await overflowOf(await open(`${scene.address}/files`, { width: 390 }))).toBe(0)
  })
})
