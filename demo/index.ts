// npm run demo [-- --keep]: tells its stories in a terminal, and shows the pull requests as pages while it does.

import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { provision } from '../lab/provision/index.ts'
import type { Scenario } from '../lab/scenario/index.ts'
import { type Audience, expectUncancelled, type Moment, type Sight } from './audience.ts'
import { playBackupStory } from './backup-story.ts'
import { playDeployStory } from './deploy-story.ts'
import { openSite, prepareSite, type Site } from './site.ts'
import { openStory, playStory } from './story.ts'
import { bold, dim, follow, leaveOut, say, stage } from './terminal.ts'

const written = resolve(import.meta.dirname, '../.demo')
const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values
const cancelled = new AbortController()
const audience: Audience = { stage, look, onLine: follow, cancel: cancelled.signal }
/** What has to be closed, in the order of its opening. */
const open: { close(): Promise<void> }[] = []

async function main(): Promise<void> {
  const startedAt = performance.now()
  say(bold('ondol · from a pull request to a running app, and back'))
  say(dim('Real Terraform, a real Kubernetes and the committed bundles; GitHub is a stand-in on this machine.'))
  await requireParts()
  rmSync(written, { recursive: true, force: true })
  mkdirSync(written)

  const scenario = await openStory()
  open.push(scenario)
  say(dim(keep ? 'All pages stay up.' : 'The pages go with the demo; --keep leaves them up.'))
  say(`\n${bold('terraform-apply')}: a plan is reviewed, and exactly that is applied`)
  await playStory(scenario, audience)
  say(`\n${bold('k8s-deploy')}: a merge is deployed, and a bad one puts itself back`)
  const site = await raiseSite(scenario)
  if (site !== undefined) {
    await playDeployStory(scenario, site, audience)
    say(`\n${bold('backup')}: what the app has is backed up, proved, lost, and there again`)
    await playBackupStory(scenario, site, audience)
  }

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  say(`\n${bold('Done')} in ${seconds} s. The pages as text are in ${bold('.demo/')}.`)
  if (keep) await stayUp()
}

async function requireParts(): Promise<void> {
  const parts = await provision(['git', 'terraform'])
  const missing = Object.entries(parts).flatMap(([name, part]) =>
    part.kind === 'missing' ? [`${name}: ${part.why}. ${part.command}`] : [],
  )
  if (missing.length > 0) throw new Error(`The demo needs:\n${missing.join('\n')}`)
}

/** Undefined where this machine can't have one, which is told. */
async function raiseSite({ folder }: Scenario): Promise<Site | undefined> {
  const obstacle = await prepareSite((line) => say(dim(`   ${line}`)))
  expectUncancelled(audience)
  if (obstacle !== undefined) {
    leaveOut('An app is deployed, and a bad version of it put back', obstacle)
    return undefined
  }
  let site: Site | undefined
  await stage('A cluster of two workers, a database, and the image of the example app', async () => {
    site = await openSite(folder)
    open.push(site)
    expectUncancelled(audience)
    return ['Kubernetes, its registry and PostgreSQL run on this machine']
  })
  return site
}

async function stayUp(): Promise<void> {
  say('All of it stays up until Ctrl-C.')
  if (!cancelled.signal.aborted) await once(cancelled.signal, 'abort')
}

/** Says where a page is, and keeps it as text to read. */
async function look({ address, text }: Sight, moment: Moment): Promise<void> {
  writeFileSync(join(written, `${moment}.md`), `${text}\n`)
  say(dim(`   → ${address} (.demo/${moment}.md)`))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    say(dim(`\n${signal}: stopping what runs …`))
    cancelled.abort()
  })
}

try {
  await main()
} catch (error) {
  if (!cancelled.signal.aborted) throw error
  process.exitCode = 130
} finally {
  for (const part of open.toReversed()) await part.close()
}
if (process.exitCode === 130) say('Stopped; nothing is left behind.')
