// npm run screenshots [-- NAME…]: plays the demo's stories and takes the READMEs' pictures of them, as a person sees them in a
// browser; with names only those.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import type { Audience, Moment, Sight } from '../demo/audience.ts'
import { playBackupStory } from '../demo/backup-story.ts'
import { playDeployStory } from '../demo/deploy-story.ts'
import { openSite, prepareSite } from '../demo/site.ts'
import { openStory, playStory } from '../demo/story.ts'
import { provision } from '../lab/provision/index.ts'
import type { Scenario } from '../lab/scenario/index.ts'
import { root } from './stages.ts'

const folder = join(root, 'docs/images')

/** One in light, and one in dark whose name ends with `-dark`. */
interface Picture {
  moment: Moment
  /** File name without `-dark` and `.png` */
  name: string
  /** What of the page is in it: the action's comment, or the job's summary */
  frame: 'comment' | 'summary'
  /** Text of the folds that are opened */
  open: readonly string[]
}

const PICTURES: readonly Picture[] = [
  {
    moment: '2-plan-after-push',
    name: 'plan',
    frame: 'comment',
    open: ['terraform_data.database', 'terraform_data.web[0]'],
  },
  { moment: '4-applied', name: 'applied', frame: 'comment', open: ['Outputs (1)'] },
  { moment: '7-deployed', name: 'deployed', frame: 'summary', open: ['Timeline'] },
  { moment: '8-diff', name: 'k8s-diff', frame: 'comment', open: [] },
  { moment: '9-rolled-back', name: 'rolled-back', frame: 'summary', open: [] },
  { moment: '10-backed-up', name: 'backup', frame: 'summary', open: [] },
]

async function requireProgram(): Promise<string> {
  const parts = await provision(['git', 'terraform', 'chromium', 'emoji-font'])
  for (const part of Object.values(parts)) if (part.kind === 'missing') throw new Error(`${part.why}. ${part.command}`)
  return parts.chromium.kind === 'present' ? parts.chromium.path : ''
}

async function openFolds(part: Locator, texts: readonly string[]): Promise<void> {
  for (const text of texts) await part.locator('summary', { hasText: text }).first().click()
}

function partOf(page: Page, frame: Picture['frame']): Locator {
  if (frame === 'summary') return page.locator('.part.summary')
  const title = page.getByRole('heading', { name: /^(Terraform|Kubernetes) · / })
  return page.locator('.comment', { has: title }).first()
}

/** Without the room around a comment's bubble, which has its writer's picture beside it. */
async function frameOf(part: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const [all, box] = [await part.boundingBox(), await part.locator('.bubble').or(part).last().boundingBox()]
  if (all === null || box === null) throw new Error('The page does not show what the picture is of')
  return { x: all.x - 1, y: box.y, width: all.width + 2, height: box.height }
}

async function take(browser: Browser, address: string, { name, frame, open }: Picture): Promise<void> {
  for (const [colorScheme, suffix] of [['light', ''] as const, ['dark', '-dark'] as const]) {
    const page = await browser.newPage({ viewport: { width: 1120, height: 900 }, colorScheme })
    await page.goto(address)
    const part = partOf(page, frame)
    await openFolds(part, open)
    await page.evaluate(() => scrollTo(0, 0))
    const clip = await frameOf(part)
    const file = `docs/images/${name}${suffix}.png`
    await page.screenshot({ path: join(root, file), fullPage: true, clip })
    await page.close()
    console.log(file)
  }
}

/** Moments are numbered in the order of the stories. */
function numberOf(moment: Moment): number {
  return Number.parseInt(moment, 10)
}

async function playAll(scenario: Scenario, audience: Audience): Promise<void> {
  await playStory(scenario, audience)
  if (!wanted.some(({ moment }) => numberOf(moment) >= 6)) return
  const obstacle = await prepareSite(console.log)
  if (obstacle !== undefined) throw new Error(obstacle)
  const site = await openSite(scenario.folder)
  try {
    await playDeployStory(scenario, site, audience)
    if (wanted.some(({ moment }) => numberOf(moment) >= 10)) await playBackupStory(scenario, site, audience)
  } finally {
    await site.close()
  }
}

const names = argv.slice(2)
const wanted = PICTURES.filter(({ name }) => names.length === 0 || names.includes(name))
mkdirSync(folder, { recursive: true })
const executablePath = await requireProgram()
const scenario = await openStory()
const browser = await chromium.launch({ executablePath })
try {
  await playAll(scenario, {
    stage: async (_title, play) => {
      await play()
    },
    look: async ({ address }: Sight, moment) => {
      for (const picture of wanted.filter((one) => one.moment === moment)) await take(browser, address, picture)
    },
    onLine: () => undefined,
    cancel: new AbortController().signal,
  })
} finally {
  await browser.close()
  await scenario.close()
}
