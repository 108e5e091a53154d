// npm run demo [-- --keep]: tells the story in a terminal, and shows the pull request as a page while it does.

import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { PullRequest } from '../lab/github/index.ts'
import { provision } from '../lab/provision/index.ts'
import { openStory, playStory } from './story.ts'
import { bold, dim, follow, say, stage } from './terminal.ts'

const written = resolve(import.meta.dirname, '../.demo')
const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values
const cancelled = new AbortController()

async function main(): Promise<void> {
  const startedAt = performance.now()
  say(bold('ondol · terraform-apply on a pull request'))
  say(dim('Real Terraform and the committed bundle; GitHub is a stand-in on this machine.'))
  await requireParts()
  rmSync(written, { recursive: true, force: true })
  mkdirSync(written)

  const scenario = await openStory()
  try {
    // Nothing was proposed yet: the service itself is the first pull request, its change is the second.
    const address = `${scenario.github.serverUrl}/${scenario.repository.fullName}/pull/2`
    say(`\nThe pull request, as on GitHub: ${bold(address)}`)
    say(
      dim(keep ? 'It can be looked at from stage 2 on, and stays up.' : 'It goes with the demo; --keep leaves it up.'),
    )
    await playStory(scenario, { stage, look: writeConversation, onLine: follow, cancel: cancelled.signal })
    say(
      `\n${bold('Done')} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s. The comments as text are in ${bold('.demo/')}.`,
    )
    if (keep) await stayUp(address)
  } finally {
    await scenario.close()
  }
}

async function requireParts(): Promise<void> {
  const parts = await provision(['git', 'terraform'])
  const missing = Object.entries(parts).flatMap(([name, part]) =>
    part.kind === 'missing' ? [`${name}: ${part.why}. ${part.command}`] : [],
  )
  if (missing.length > 0) throw new Error(`The demo needs:\n${missing.join('\n')}`)
}

async function stayUp(address: string): Promise<void> {
  say(`The page stays up at ${bold(address)} until Ctrl-C.`)
  if (!cancelled.signal.aborted) await once(cancelled.signal, 'abort')
}

/** The whole conversation, as text to read. */
async function writeConversation(pullRequest: PullRequest, moment: string): Promise<void> {
  const comments = pullRequest
    .comments()
    .map(({ author, body }) => `**${author.login}** commented:\n\n${body.replace(/^<!-- .* -->\n/, '')}`)
  writeFileSync(join(written, `${moment}.md`), `${comments.join('\n\n---\n\n')}\n`)
  say(dim(`   → .demo/${moment}.md`))
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
  say('Stopped; nothing is left behind.')
  process.exitCode = 130
}
