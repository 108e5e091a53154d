import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type Browser, chromium, type Page } from 'playwright-core'

export interface View {
  /** In CSS pixels; 1280 is a desk, 390 a telephone. */
  width?: number
  scheme?: 'light' | 'dark'
}

/** An open page, and everything it did that no page of ours does: left the server, raised a dialog, broke its policy. */
export interface Visit {
  page: Page
  misdeeds: string[]
}

function watch(page: Page, origin: string): string[] {
  const misdeeds: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) misdeeds.push(`asked for ${request.url()}`)
  })
  page.on('dialog', async (dialog) => {
    misdeeds.push(`raised a dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  page.on('pageerror', (error) => misdeeds.push(`threw ${error.message}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) misdeeds.push(`logged ${message.text()}`)
  })
  page.on('framenavigated', (frame) => {
    if (frame !== page.mainFrame()) misdeeds.push(`loaded a frame: ${frame.url()}`)
  })
  return misdeeds
}

/**
 * One browser for the tests of a file. `visit` opens a page of `origin` and waits until it has drawn its diagrams; pages
 * are closed after each test.
 */
export function useBrowser(executablePath: string): (url: string, view?: View) => Promise<Visit> {
  let browser: Browser
  const pages: Page[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath })
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })
  afterAll(() => browser.close())
  return async (url, { width = 1280, scheme = 'light' } = {}) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme })
    pages.push(page)
    const misdeeds = watch(page, new URL(url).origin)
    await page.goto(url)
    await page.waitForFunction(() => document.querySelector('.diagram:not([data-state])') === null)
    return { page, misdeeds }
  }
}
