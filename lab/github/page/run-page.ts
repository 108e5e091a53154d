import type { Run } from '../world/run.ts'
import { annotationHtml, placeOf } from './annotations.ts'
import { outcomeIcon } from './checks.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { renderMarkdown } from './markdown.ts'
import { nameOf } from './person.ts'
import { timeOf } from './time.ts'

function annotationsHtml({ report: { annotations } }: Run): Html | null {
  if (annotations.length === 0) return null
  return html`<section class="part elsewhere">
    <header><h2>Annotations</h2></header>
    ${annotations.map((annotation) => annotationHtml(annotation, placeOf(annotation)))}
  </section>`
}

function summaryHtml({ report: { summary } }: Run): Html {
  const body = summary === '' ? html`<p class="nothing">This run wrote no summary.</p>` : renderMarkdown(summary)
  return html`<section class="part summary"><header><h2>Summary of the job</h2></header>${body}</section>`
}

function titleOf({ request: { pullRequest, event } }: Run): string {
  return pullRequest?.issue.title ?? event
}

/** The page of a workflow run: how it ended, its annotations and its job summary. */
export function runPage(run: Run): Html {
  const { repository, request, identity, attempt, conclusion, actor, headBranch, startedAt } = run
  const outcome = conclusion ?? 'in_progress'
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  const head = html`<div class="head">
    <h1 class="of-run">${outcomeIcon(outcome, 'large')}<span>${titleOf(run)} <span class="muted">#${identity.number}</span></span></h1>
    <p><span class="muted">${outcome.replace('_', ' ')} · ${request.event} by ${nameOf(actor)} ${timeOf(startedAt, repository.world.clock.now())}${again} · <code class="branch">${headBranch}</code> <code>${request.headSha.slice(0, 7)}</code></span></p>
  </div>`
  return layout(repository, `${titleOf(run)} · run ${run.id}`, html`${head}${annotationsHtml(run)}${summaryHtml(run)}`)
}
