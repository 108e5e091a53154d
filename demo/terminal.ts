// What the demo prints: a line per stage when it starts, and beneath it what was proved and how long it took.

import process from 'node:process'

const colour = process.stdout.isTTY && !process.env['NO_COLOR']
const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
const green = (text: string): string => paint(32, text)
const yellow = (text: string): string => paint(33, text)

export function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

let stages = 0

/**
 * Runs a stage and says what it proved.
 *
 * @param play returns the proofs, one sentence each, and throws when one of them fails
 */
export async function stage(title: string, play: () => Promise<string[]>): Promise<void> {
  stages += 1
  say(`\n${bold(`${stages}. ${title}`)}`)
  const startedAt = performance.now()
  const proofs = await play()
  for (const proof of proofs) say(`   ${green('✓')} ${proof}`)
  say(dim(`   ${((performance.now() - startedAt) / 1000).toFixed(1)} s`))
}

/** Says which stage this machine can't have, and why. */
export function leaveOut(title: string, why: string): void {
  stages += 1
  say(`\n${bold(`${stages}. ${title}`)}`)
  say(`   ${yellow('left out:')} ${why}`)
}

const WORTH_SHOWING = [
  /^terraform_data\.\S+: (Creation|Modifications|Destruction) complete|^(Plan|Apply complete)/,
  /^(Backing up|Restoring|Backup) /,
  /^(Applying|Putting back) \d+ objects?$|^\d+ objects? ready$|^Gate passed|^Everything is as it was$/,
]

/** A line of a step's log that is worth showing while it runs. */
export function follow(line: string): void {
  if (WORTH_SHOWING.some((pattern) => pattern.test(line))) say(dim(`   │ ${line}`))
}
