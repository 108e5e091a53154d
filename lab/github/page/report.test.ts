import { expect, test } from '@jest/globals'
import { requirePart } from '../../provision/require-part.ts'
import { useBrowser } from './support/browser.ts'
import { openPageScene, type PageScene } from './support/scene.ts'

const chromium = await requirePart('chromium')

const ANNOTATIONS = [
  { level: 'error', title: 'Invalid default', message: 'Two is too many.', file: 'infra/main.tf', line: 2 },
  { level: 'warning', message: 'Nobody reads this output.', file: 'infra/other.tf', line: 40 },
  { level: 'notice', message: 'Planned in a second.' },
] as const

chromium.describe('what checks and jobs report, in a browser', () => {
  const visit = useBrowser(chromium.path)

  function failedRun({ repository, pullRequest }: PageScene) {
    const run = repository.run({ event: 'pull_request', headSha: pullRequest.headSha, actor: 'author', pullRequest })
    run.complete('failure', {
      summary: '## Plan\n\n| add | destroy |\n| --: | --: |\n| 3 | 1 |',
      annotations: ANNOTATIONS,
    })
    return run
  }

  async function writeCheck({ lab, repository, pullRequest }: PageScene, check: Record<string, unknown>) {
    const run = repository.run({ event: 'push', headSha: pullRequest.headSha, actor: 'author' })
    const response = await fetch(`${lab.apiUrl}/repos/owner/site/check-runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}` },
      body: JSON.stringify({ head_sha: pullRequest.headSha, ...check }),
    })
    expect(response.status).toBe(201)
  }

  test('an annotation stands beneath its line, one about an unseen line in a place of its own', async () => {
    const scene = await openPageScene('')
    failedRun(scene)
    await writeCheck(scene, {
      name: 'style',
      conclusion: 'neutral',
      output: {
        title: 'One remark',
        summary: 'See the line.',
        annotations: [
          { path: 'infra/main.tf', start_line: 1, end_line: 3, annotation_level: 'warning', message: 'Describe it.' },
        ],
      },
    })
    const { page, misdeeds } = await visit(`${scene.address}/files`)
    const rows = await page.locator('.diff tr').allInnerTexts()
    const after = (code: string): string => rows[rows.findIndex((row) => row.includes(code)) + 1] ?? ''
    expect(after('default = 2')).toMatch(/Invalid default .*infra\/main\.tf:2\s+Two is too many\./)
    expect(after('}')).toMatch(/Warning style .*\s+Describe it\./)
    expect(await page.locator('.elsewhere').innerText()).toMatch(/infra\/other\.tf:40\s+Nobody reads this output\./)
    expect(await page.locator('.files').innerText()).not.toContain('Planned in a second.')
    expect(misdeeds).toEqual([])
  })

  test('a run has its summary and all its annotations', async () => {
    const scene = await openPageScene('')
    const run = failedRun(scene)
    const { page, misdeeds } = await visit(`${scene.lab.serverUrl}/owner/site/actions/runs/${run.id}`)
    expect(await page.locator('.summary td').allInnerTexts()).toEqual(['3', '1'])
    expect(await page.locator('.annotation').count()).toBe(3)
    expect(await page.locator('.head').innerText()).toMatch(/Raise the size #\d+\s+failure · pull_request by author/)
    expect(misdeeds).toEqual([])
  })

  test('checks are told with their titles, and their summaries open on click', async () => {
    const scene = await openPageScene('')
    const { href } = new URL('/owner/site/actions/runs/1', scene.lab.serverUrl)
    await writeCheck(scene, { name: 'old', conclusion: 'failure' })
    await writeCheck(scene, {
      name: 'old',
      conclusion: 'success',
      details_url: href,
      output: { title: 'Mended', summary: '**Nothing** left.' },
    })
    await writeCheck(scene, { name: 'slow', status: 'in_progress', details_url: 'javascript:alert(1)' })
    const { page, misdeeds } = await visit(scene.address)
    expect(await page.locator('.checks header').innerText()).toMatch(
      /haven't completed yet\s+1 successful, 1 in progress checks/,
    )
    expect(await page.getByText('Nothing left.').isVisible()).toBe(false)
    await page.getByText('Mended').click()
    expect(await page.getByText('Nothing left.').isVisible()).toBe(true)
    expect(
      await page.locator('.checks a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    ).toEqual([href])
    expect(misdeeds).toEqual([])
  })

  test('a link to a line leads to it', async () => {
    const { lab, pullRequest } = await openPageScene('')
    const { page, misdeeds } = await visit(`${lab.serverUrl}/owner/site/blob/${pullRequest.headSha}/infra/main.tf#L2`)
    expect(await page.locator('tr:target').innerText()).toMatch(/^2\s+default = 2$/)
    expect(misdeeds).toEqual([])
    for (const path of ['blob/main/none.tf', 'blob/none/infra/main.tf', 'pull/9', 'actions/runs/9']) {
      expect((await fetch(`${lab.apiUrl}/owner/site/${path}`)).status).toBe(404)
    }
  })

  test('an issue shows how it was closed', async () => {
    const { lab, repository } = await openPageScene('')
    const issue = repository.openIssue({
      title: 'Drift in infra',
      body: 'The *world* moved.',
      author: 'github-actions[bot]',
    })
    const response = await fetch(`${lab.apiUrl}/repos/owner/site/issues/${issue.number}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${lab.world.token('reviewer')}` },
      body: JSON.stringify({ state: 'closed', state_reason: 'not_planned', title: 'Drift in infra, seen twice' }),
    })
    expect(response.status).toBe(200)
    const { page } = await visit(`${lab.serverUrl}/owner/site/issues/${issue.number}`)
    const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ')
    expect(text).toContain('Drift in infra, seen twice #2 Closed github-actions bot opened this issue now · 0 comments')
    expect(text).toContain('The world moved. reviewer changed the title Drift in infra Drift in infra, seen twice')
    expect(text).toContain('reviewer closed this as not planned')
  })
})
