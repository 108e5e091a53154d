// Whom the stories are told, and what there is to see in them.
import { strict as assert } from 'node:assert'
import type { PullRequest } from '../lab/github/index.ts'
import type { Step, StepOptions } from '../lab/scenario/index.ts'

export type Moment =
  | '1-plan'
  | '2-plan-after-push'
  | '3-refused'
  | '4-applied'
  | '5-merged'
  | '6-new-app'
  | '7-deployed'
  | '8-diff'
  | '9-rolled-back'
  | '10-backed-up'
  | '11-rehearsed'
  | '12-restored'

/** A page of the stand-in. */
export interface Sight {
  address: string
  /** What it says, as Markdown */
  text: string
}

export interface Audience {
  /** Plays one stage; `play` returns what it proved, one sentence each, and throws when a proof fails. */
  stage: (title: string, play: () => Promise<string[]>) => Promise<void>
  /** The story has come to a moment worth a look. */
  look: (sight: Sight, moment: Moment) => Promise<void>
  /** Every line of the steps' logs. */
  onLine: (line: string) => void
  /** Ends the story: what runs is interrupted as a runner does it. */
  cancel: AbortSignal
}

/** The whole conversation of a pull request. */
export function conversationOf(pullRequest: PullRequest): Sight {
  const { repository, number } = pullRequest
  const comments = pullRequest
    .comments()
    .map(({ author, body }) => `**${author.login}** commented:\n\n${body.replace(/^<!-- .* -->\n/, '')}`)
  return { address: `${pageOf(repository)}/pull/${number}`, text: comments.join('\n\n---\n\n') }
}

/** The page of the run that a step was in. */
export function runOf({ run }: Step): Sight {
  return { address: `${pageOf(run.repository)}/actions/runs/${run.id}`, text: run.report.summary }
}

function pageOf({ world, fullName }: PullRequest['repository']): string {
  return `${world.urls.server}/${fullName}`
}

/** How every step of a story runs. */
export function optionsFor({ onLine, cancel }: Audience): Pick<StepOptions, 'onLine' | 'cancel'> {
  return { onLine, cancel }
}

export function expectSuccess(step: Step, audience: Audience): void {
  expectUncancelled(audience)
  assert.equal(step.conclusion, 'success', step.log.join('\n'))
}

/** @throws Error when the story is to end */
export function expectUncancelled({ cancel }: Audience): void {
  if (cancel.aborted) throw new Error('cancelled')
}
