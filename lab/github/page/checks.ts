import type { CheckRun } from '../world/check.ts'
import type { PullRequest } from '../world/pull-request.ts'
import type { Run } from '../world/run.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { renderMarkdown } from './markdown.ts'

/** The newest check run of each name on the head commit. */
export function checkRunsOf({ repository, headSha }: PullRequest): CheckRun[] {
  const onHead = repository.checkRuns.filter((check) => check.headSha === headSha)
  return onHead.filter((check) => onHead.findLast(({ name }) => name === check.name) === check)
}

/** The job of the newest run of each event on the head commit: GitHub makes a check of every job. */
export function jobRunsOf(pullRequest: PullRequest): { name: string; run: Run; report: Run['report'] }[] {
  const { repository, headSha } = pullRequest
  const onHead = repository.runs.filter(
    ({ request }) => request.pullRequest === pullRequest && request.headSha === headSha,
  )
  return onHead
    .filter((run) => onHead.findLast(({ request }) => request.event === run.request.event) === run)
    .map((run) => ({ name: `pipeline (${run.request.event})`, run, report: run.report }))
}

interface Row {
  name: string
  outcome: string
  title: string
  href: string
  summary: string
}

function rowsOf(pullRequest: PullRequest): Row[] {
  const checks = checkRunsOf(pullRequest).map(({ name, status, conclusion, output, detailsUrl }) => ({
    name,
    outcome: conclusion ?? status,
    title: output.title ?? '',
    href: detailsUrl?.match(/^https?:.*/s)?.[0] ?? '',
    summary: output.summary ?? '',
  }))
  const jobs = jobRunsOf(pullRequest).map(({ name, run }) => ({
    name,
    outcome: run.conclusion ?? 'in_progress',
    title: '',
    href: pathOfRun(run),
    summary: '',
  }))
  return [...checks, ...jobs]
}

export function pathOfRun({ repository, id }: Run): string {
  return `/${repository.fullName}/actions/runs/${id}`
}

interface Look {
  symbol: string
  tone: 'good' | 'bad' | 'quiet' | 'running'
  word: string
}

const SKIPPED = { symbol: 'skip', tone: 'quiet' } as const
const FAILED = { symbol: 'x-circle-fill', tone: 'bad' } as const
const RUNNING: Look = { symbol: 'dot-fill', tone: 'running', word: 'in progress' }
const LOOKS: Readonly<Record<string, Look>> = {
  success: { symbol: 'check-circle-fill', tone: 'good', word: 'successful' },
  neutral: { symbol: 'square-fill', tone: 'quiet', word: 'neutral' },
  skipped: { ...SKIPPED, word: 'skipped' },
  cancelled: { ...SKIPPED, word: 'cancelled' },
  stale: { ...SKIPPED, word: 'stale' },
  failure: { ...FAILED, word: 'failing' },
  timed_out: { ...FAILED, word: 'timed out' },
  action_required: { ...FAILED, word: 'needing an action' },
}

/** How a conclusion or a status looks. */
export function lookOf(outcome: string): Look {
  return LOOKS[outcome] ?? RUNNING
}

export function outcomeIcon(outcome: string, size: 'large' | 'small'): Html {
  const { symbol, tone } = lookOf(outcome)
  return html`<span class="outcome ${tone} ${size}">${icon(symbol)}</span>`
}

function rowHtml({ name, outcome, title, href, summary }: Row): Html {
  const { word } = lookOf(outcome)
  const line = html`${outcomeIcon(outcome, 'small')}<span class="check-name"><strong>${name}</strong> <span class="muted">${title === '' ? word : title}</span></span>`
  const link = href === '' ? null : html`<a class="details" href="${href}">Details</a>`
  return summary === ''
    ? html`<li><div class="check-line">${line}</div>${link}</li>`
    : html`<li><details><summary class="check-line">${line}</summary>${renderMarkdown(summary)}</details>${link}</li>`
}

const HEADINGS: Readonly<Record<Look['tone'], string>> = {
  bad: 'Some checks were not successful',
  running: "Some checks haven't completed yet",
  good: 'All checks have passed',
  quiet: 'All checks have passed',
}
const BY_WEIGHT: readonly Look['tone'][] = ['bad', 'running', 'good', 'quiet']
const WORST_ICON: Readonly<Record<Look['tone'], string>> = {
  bad: 'failure',
  running: '',
  good: 'success',
  quiet: 'success',
}

/** The checks of a pull request's head, or null where there are none. */
export function checksHtml(pullRequest: PullRequest): Html | null {
  const rows = rowsOf(pullRequest)
  const looks = rows.map(({ outcome }) => lookOf(outcome))
  const worst = BY_WEIGHT.find((tone) => looks.some((look) => look.tone === tone))
  if (worst === undefined) return null
  const counts = [...Map.groupBy(looks, ({ word }) => word)].map(([word, { length }]) => `${length} ${word}`)
  return html`<section class="part checks">
    <header>${outcomeIcon(WORST_ICON[worst], 'large')}<div><h2>${HEADINGS[worst]}</h2><p class="muted">${counts.join(', ')} ${rows.length === 1 ? 'check' : 'checks'}</p></div></header>
    <ul>${rows.map(rowHtml)}</ul>
  </section>`
}
