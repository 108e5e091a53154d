import { expect, test } from '@jest/globals'
import { requirePart } from '../../provision/require-part.ts'
import { clientFor } from '../support/lab.ts'
import { useBrowser } from './support/browser.ts'
import { openPageScene, type PageScene } from './support/scene.ts'

const chromium = await requirePart('chromium')
const HOSTILE = '"><img src=x onerror="window.struck=1">'

/** Deploys as `author`: each entry is an environment and the state it ends in. */
async function deploy(
  scene: PageScene,
  ref: string,
  endings: readonly (readonly [string, 'success' | 'failure' | null])[],
) {
  const where = { owner: 'owner', repo: 'site' }
  const { rest } = clientFor({ ...scene, where }, 'author')
  for (const [environment, state] of endings) {
    const { data } = await rest.repos.createDeployment({ ...where, ref, environment, auto_merge: false })
    if (state === null || !('id' in data)) continue
    const addresses = { log_url: `${scene.lab.serverUrl}/log`, environment_url: 'http://shop.example/' }
    const description = `${state} ${HOSTILE}`
    await rest.repos.createDeploymentStatus({ ...where, deployment_id: data.id, state, description, ...addresses })
  }
}

chromium.describe('deployments in a browser', () => {
  const visit = useBrowser(chromium.path)

  test('stand in the conversation of the pull request whose commits were deployed', async () => {
    const scene = await openPageScene('')
    const { pullRequest, repository, address } = scene
    await deploy(scene, pullRequest.headSha, [
      ['staging', 'success'],
      ['staging', 'success'],
      ['staging', 'failure'],
      [HOSTILE, null],
    ])
    await deploy(scene, repository.tip('main'), [['before', 'success']])
    pullRequest.merge({ by: 'reviewer' })
    await deploy(scene, repository.tip('main'), [['production', 'success']])
    const { page, misdeeds } = await visit(address)
    const told = await page.locator('.event:has(.environment)').allInnerTexts()
    expect(told.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
      'author temporarily deployed to staging Inactive View deployment Log now',
      'author deployed to staging Active View deployment Log now',
      'author had a problem deploying to staging Failure View deployment Log now',
      `author requested a deployment to ${HOSTILE} Pending now`,
      'author deployed to production Active View deployment Log now',
    ])
    const link = page.getByRole('link', { name: 'View deployment' }).first()
    expect(await link.getAttribute('href')).toBe('http://shop.example/')
    expect(misdeeds).toEqual([])
  })

  test('have a page of their own, newest first, that fits a telephone', async () => {
    const scene = await openPageScene('')
    const address = `${scene.lab.serverUrl}/owner/site/deployments`
    const empty = await visit(address)
    expect(await empty.page.locator('main').innerText()).toContain('Nothing was deployed yet.')
    await deploy(scene, 'raise', [
      ['staging', 'success'],
      ['production', 'failure'],
    ])
    const { page, misdeeds } = await visit(address, { width: 390 })
    const rows = await page.locator('.deployments li').allInnerTexts()
    expect(rows.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
      expect.stringMatching(/^production Failure .*failure "><img src=x .*author deployed raise [0-9a-f]{7} now$/),
      expect.stringMatching(/^staging Active .*author deployed raise [0-9a-f]{7} now$/),
    ])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    expect([...empty.misdeeds, ...misdeeds]).toEqual([])
  })
})
