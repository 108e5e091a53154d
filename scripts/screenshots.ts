// npm run screenshots: plays the demo's story and takes the README's pictures of it, as a person sees it in a browser.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Locator } from 'playwright-core'
import { type Moment, openStory, playStory } from '../demo/story.ts'
import { provision } from '../lab/provision/index.ts'
import { root } from './stages.ts'

const folder = join(root, 'docs/images')

interface Picture {
  moment: Moment
  /** The scheme is the suffix of a dark picture's file name. */
  scheme: 'light' | 'dark'
  /** File name without `.png`. */
  name: string
  /** Text of the folds that are open. */
  open: readonly string[]
}

const PICTURES: readonly Picture[] = [
  {
    moment: '2-plan-after-push',
    scheme: 'light',
    name: 'plan',
    open: ['terraform_data.database', 'terraform_data.web[0]'],
  },
  {
    moment: '2-plan-after-push',
    scheme: 'dark',
    name: 'plan-dark',
    open: ['terraform_data.database', 'terraform_data.web[0]'],
  },
  { moment: '4-applied', scheme: 'light', name: 'applied', open: ['Outputs (1)'] },
  { moment: '4-applied', scheme: 'dark', name: 'applied-dark', open: ['Outputs (1)'] },
]

async function requireProgram(): Promise<string> {
  const parts = await provision(['git', 'terraform', 'chromium', 'emoji-font'])
  for (const part of Object.values(parts)) if (part.kind === 'missing') throw new Error(`${part.why}. ${part.command}`)
  return parts.chromium.kind === 'present' ? parts.chromium.path : ''
}

async function openFolds(comment: Locator, texts: readonly string[]): Promise<void> {
  for (const text of texts) await comment.locator('summary', { hasText: text }).first().click()
}

/** The comment with its writer's picture, without the room around it. */
async function frameOf(comment: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const [all, bubble] = [await comment.boundingBox(), await comment.locator('.bubble').boundingBox()]
  if (all === null || bubble === null) throw new Error('The page shows no comment of a plan')
  return { x: all.x - 1, y: bubble.y, width: all.width + 2, height: bubble.height }
}

async function take(browser: Browser, address: string, { scheme, name, open }: Picture): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1120, height: 900 }, colorScheme: scheme })
  await page.goto(address)
  const comment = page.locator('.comment', { has: page.getByRole('heading', { name: 'Terraform' }) }).first()
  await openFolds(comment, open)
  await page.evaluate(() => scrollTo(0, 0))
  const clip = await frameOf(comment)
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, clip })
  await page.close()
  console.log(`docs/images/${name}.png`)
}

mkdirSync(folder, { recursive: true })
const executablePath = await requireProgram()
const scenario = await openStory()
const browser = await chromium.launch({ executablePath })
try {
  await playStory(scenario, {
    stage: async (_title, play) => {
      await play()
    },
    look: async ({ number }, moment) => {
      const address = `${scenario.github.serverUrl}/${scenario.repository.fullName}/pull/${number}`
      for (const picture of PICTURES.filter((one) => one.moment === moment)) await take(browser, address, picture)
    },
    onLine: () => undefined,
    cancel: new AbortController().signal,
  })
} finally {
  await browser.close()
  await scenario.close()
}
